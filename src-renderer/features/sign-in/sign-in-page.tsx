/** The first page: who works here, and at which backend. */
import { Button, TextInput, UnstyledButton } from '@mantine/core'
import { IconChevronRight, IconServer2 } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useData, useDataStatus } from '../../ui/data-context.ts'
import { counted } from '../../ui/labels.ts'
import classes from './sign-in.module.css'
import { SignInForm } from './sign-in-form.tsx'

/** Signs an employee in; in a demo it offers the demo's employees. */
export function SignInPage() {
  const data = useData()
  const { data: local } = useQuery({ queryKey: ['local-info'], queryFn: () => data.localInfo() })
  const [filled, setFilled] = useState<{ employeeNumber: string; password: string } | null>(null)
  const waiting = useDataStatus((status) => status.unsentOfOthers)
  const credentials = local?.demo?.credentials ?? []

  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <header className={classes.brand}>
          <Mark />
          <div>
            <h1>Floorwalker</h1>
            <p>Shopping sessions, checks and baskets of your stores</p>
          </div>
        </header>
        <div className={classes.card}>
          <SignInForm filled={filled} />
          {waiting.map(({ employeeNumber, count }) => (
            <p key={employeeNumber} className={classes.small} role="status">
              {counted(count, 'unsent decision')} of employee {employeeNumber} {count === 1 ? 'waits' : 'wait'} here:{' '}
              {count === 1 ? 'it is' : 'they are'} sent when they sign in again.
            </p>
          ))}
          {local?.canKeepSignIn === false && (
            <p className={classes.small}>
              This PC has no secure storage: you will be asked to sign in at each start before anything is sent.
            </p>
          )}
        </div>
        {credentials.length > 0 && (
          <section className={classes.demo} aria-labelledby="demo-title">
            <h2 id="demo-title">Demo: pick somebody to sign in as</h2>
            <ul>
              {credentials.map((each) => (
                <li key={each.employeeNumber}>
                  <UnstyledButton className={classes.demoRow} onClick={() => setFilled({ ...each })}>
                    <span className={classes.demoNote}>{each.note}</span>
                    <span className={classes.demoCode}>
                      {each.employeeNumber} · {each.password}
                    </span>
                    <IconChevronRight size={15} aria-hidden />
                  </UnstyledButton>
                </li>
              ))}
            </ul>
          </section>
        )}
        {local && <BackendAddress url={local.backendUrl} />}
      </div>
    </main>
  )
}

/** Only a desktop app is told where its backend is; a browser was served by it. */
function BackendAddress({ url }: { url: string }) {
  const data = useData()
  const queryClient = useQueryClient()
  const [editing, setEditing] = useState(false)
  const [value, setValue] = useState(url)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const save = async () => {
    setBusy(true)
    setError(null)
    try {
      const outcome = await data.setBackend(value.trim())
      if (!outcome.ok) return setError(outcome.message)
      await queryClient.invalidateQueries({ queryKey: ['local-info'] })
      setEditing(false)
    } catch {
      setError('The address could not be saved. Try again.')
    } finally {
      setBusy(false)
    }
  }

  if (!editing) {
    return (
      <p className={classes.backend}>
        <IconServer2 size={15} aria-hidden />
        <span className={classes.backendUrl}>{url}</span>
        <Button variant="subtle" size="compact-xs" onClick={() => setEditing(true)}>
          Change
        </Button>
      </p>
    )
  }
  return (
    <form
      className={classes.backendForm}
      aria-label="Backend address"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <TextInput
        size="sm"
        label="Backend address"
        placeholder="https://floorwalker.example"
        spellCheck={false}
        value={value}
        error={error}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <div className={classes.backendButtons}>
        <Button type="submit" loading={busy}>
          Use this address
        </Button>
        <Button
          variant="default"
          onClick={() => {
            setValue(url)
            setError(null)
            setEditing(false)
          }}
        >
          Cancel
        </Button>
      </div>
    </form>
  )
}

function Mark() {
  return (
    <svg width="44" height="44" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0e5a6d" />
      <path
        d="M9 25V8h14M9 16h10"
        fill="none"
        stroke="#fff"
        strokeWidth="3.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="23" cy="23.5" r="2.6" fill="#f5b84c" />
    </svg>
  )
}

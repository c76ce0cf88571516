/** Employee number and password: on the sign-in page, and in the dialog that asks for them again. */
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SignInOutcome } from '../../data/data-api.ts'
import { useData } from '../../ui/data-context.ts'
import { InlineError } from '../../ui/parts.tsx'
import classes from './sign-in.module.css'

interface SignInFormProps {
  /** Prefilled; the password then has the focus. */
  employeeNumber?: string
  /** Filled in from outside (demo credentials); a new object fills again. */
  filled?: { employeeNumber: string; password: string } | null
  onSignedIn?: () => void
}

type Failure = Extract<SignInOutcome, { ok: false }>
const workerFailed: Failure = {
  ok: false,
  code: 'internal',
  message: 'The console could not ask the backend. Try again.',
}

/** Asks the backend and shows its answer at the field it is about. */
export function SignInForm({ employeeNumber = '', filled = null, onSignedIn }: SignInFormProps) {
  const data = useData()
  const [number, setNumber] = useState(employeeNumber)
  const [password, setPassword] = useState('')
  const [lastFilled, setLastFilled] = useState(filled)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  if (filled !== lastFilled) {
    setLastFilled(filled)
    setNumber(filled?.employeeNumber ?? number)
    setPassword(filled?.password ?? '')
    setFailure(null)
  }
  const missing = (name: string): string | null =>
    failure?.field === name || failure?.field?.endsWith(`.${name}`) ? failure.message : null
  const fieldError = missing('employeeNumber') ?? missing('password')

  const submit = async () => {
    if (number.trim() === '' || password === '') {
      const field = number.trim() === '' ? 'employeeNumber' : 'password'
      const message = field === 'password' ? 'Enter your password' : 'Enter your employee number'
      setFailure({ ok: false, code: 'invalid_request', message, field })
      return
    }
    setBusy(true)
    setFailure(null)
    const outcome = await data.signIn(number.trim(), password).catch(() => workerFailed)
    setBusy(false)
    if (outcome.ok) onSignedIn?.()
    else setFailure(outcome)
  }

  return (
    <form
      className={classes.form}
      aria-label="Sign in"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <TextInput
        size="sm"
        label="Employee number"
        name="employeeNumber"
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        data-autofocus={employeeNumber === '' || undefined}
        value={number}
        error={missing('employeeNumber')}
        onChange={(event) => setNumber(event.currentTarget.value)}
      />
      <PasswordInput
        size="sm"
        label="Password"
        name="password"
        autoComplete="current-password"
        data-autofocus={employeeNumber !== '' || undefined}
        value={password}
        error={missing('password')}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show or hide what is typed' }}
      />
      {failure !== null && fieldError === null && <InlineError>{failure.message}</InlineError>}
      <Button type="submit" size="sm" fullWidth loading={busy}>
        Sign in
      </Button>
    </form>
  )
}

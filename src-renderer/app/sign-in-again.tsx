/** The backend wants a new sign-in: said calmly, because work goes on and nothing is lost. */
import { Button, Modal } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useState } from 'react'
import { SignInForm } from '../features/sign-in/sign-in-form.tsx'
import { useDataStatus, useEmployee } from '../ui/data-context.ts'
import { counted } from '../ui/labels.ts'
import classes from './shell.module.css'

/** Banner and dialog while `signInNeeded`. */
export function SignInAgainBanner() {
  const { signInNeeded, unsent } = useDataStatus()
  const employee = useEmployee()
  const [opened, setOpened] = useState(false)
  if (!signInNeeded) return null
  return (
    <div className={classes.banner} role="status">
      <IconKey size={17} stroke={1.8} aria-hidden />
      <p>
        <strong>
          {unsent > 0
            ? `Sign in again to send your ${counted(unsent, 'decision')}.`
            : 'Sign in again to go on syncing.'}
        </strong>{' '}
        Until then you can keep working: everything is saved here.
      </p>
      <Button onClick={() => setOpened(true)}>Sign in…</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Sign in again" size={400}>
        <SignInForm employeeNumber={employee?.number ?? ''} onSignedIn={() => setOpened(false)} />
      </Modal>
    </div>
  )
}

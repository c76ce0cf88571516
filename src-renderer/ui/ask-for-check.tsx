/** Asks for a check on a session that is going on. */
import { Button, SegmentedControl, TextInput } from '@mantine/core'
import { IconShieldPlus } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { kindLabels } from './labels.ts'
import classes from './parts.module.css'
import { InlineError } from './parts.tsx'
import { useCommands } from './shortcuts.ts'
import { useDecide } from './use-decide.ts'

type Kind = SessionDocument['verifications'][number]['kind']

/** A button, then kind and reason. The shopper is told by the store system once the backend knows. */
export function AskForCheck({ storeId, sessionId }: { storeId: string; sessionId: string }) {
  const [opened, setOpened] = useState(false)
  useCommands([
    {
      id: 'session.ask',
      group: 'Session',
      text: 'Ask for a check',
      keys: 'c',
      run: () => setOpened(true),
      icon: IconShieldPlus,
    },
  ])
  if (opened) return <AskForm storeId={storeId} sessionId={sessionId} onClose={() => setOpened(false)} />
  return (
    <div>
      <Button variant="default" leftSection={<IconShieldPlus size={15} />} onClick={() => setOpened(true)}>
        Ask for a check…
      </Button>
    </div>
  )
}

function AskForm({ storeId, sessionId, onClose }: { storeId: string; sessionId: string; onClose: () => void }) {
  const { decide, busy, error } = useDecide(storeId, sessionId)
  const [kind, setKind] = useState<Kind>('spot_check')
  const [reason, setReason] = useState('')
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const ask = async () => {
    if (reason.trim() === '' || busy) return
    if (await decide({ type: 'verification.request', payload: { kind, reason: reason.trim() } })) onClose()
  }
  return (
    <form
      className={classes.form}
      aria-label="Ask for a check"
      onSubmit={(event) => {
        event.preventDefault()
        void ask()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <h3 className={classes.formTitle}>Ask for a check of this shopper</h3>
      <SegmentedControl
        size="xs"
        aria-label="Kind"
        value={kind}
        onChange={(value) => setKind(value as Kind)}
        data={(Object.keys(kindLabels) as Kind[]).map((value) => ({ value, label: kindLabels[value] }))}
      />
      <TextInput
        ref={first}
        label="Reason"
        placeholder="For whoever does it"
        maxLength={4_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {error !== null && <InlineError>{error}</InlineError>}
      <div className={classes.formFoot}>
        <Button type="submit" loading={busy} disabled={reason.trim() === ''}>
          Ask for it
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

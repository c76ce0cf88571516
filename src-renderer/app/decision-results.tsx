/** Decisions that did not count: nothing a supervisor decided ever disappears silently. */
import { Button, Modal } from '@mantine/core'
import { IconArrowsSplit2, IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { DecisionResult } from '../data/data-api.ts'
import { useData, useDataStatus, useEmployee, useRevision, useStores } from '../ui/data-context.ts'
import { formatExact } from '../ui/format-time.ts'
import { counted, outcomeLabels } from '../ui/labels.ts'
import { Blank } from '../ui/parts.tsx'
import classes from './shell.module.css'

/** Banner with the count; opens the list of mine against theirs. */
export function ResultsBanner() {
  const unseen = useDataStatus((status) => status.unseenResults)
  const [opened, setOpened] = useState(false)
  return (
    <>
      {unseen > 0 && (
        <div className={classes.banner} role="status" data-testid="results-banner">
          <IconArrowsSplit2 size={17} stroke={1.8} aria-hidden />
          <p>
            <strong>{counted(unseen, 'decision')} of yours did not count.</strong> Somebody was first, or it was no
            longer possible.
          </p>
          <Button variant="default" onClick={() => setOpened(true)}>
            Show
          </Button>
        </div>
      )}
      <Modal opened={opened} onClose={() => setOpened(false)} title="Decisions that did not count" size={640}>
        <Results onLeave={() => setOpened(false)} />
      </Modal>
    </>
  )
}

function Results({ onLeave }: { onLeave: () => void }) {
  const data = useData()
  const revision = useRevision()
  const { data: results = [] } = useQuery({ queryKey: ['results', revision], queryFn: () => data.results() })
  if (results.length === 0) {
    return <Blank icon={IconCircleCheck} title="Nothing is left to look at" />
  }
  return (
    <>
      <ul className={classes.results}>
        {results.map((result) => (
          <li key={result.id}>
            <ResultCard result={result} onLeave={onLeave} />
            <Button variant="default" onClick={() => void data.markResultsSeen([result.id])}>
              Mark as seen
            </Button>
          </li>
        ))}
      </ul>
      {results.length > 1 && (
        <Button
          mt="md"
          fullWidth
          variant="default"
          onClick={() => void data.markResultsSeen(results.map((each) => each.id))}
        >
          Mark all {results.length} as seen
        </Button>
      )}
    </>
  )
}

function ResultCard({ result, onLeave }: { result: DecisionResult; onLeave: () => void }) {
  const employee = useEmployee()
  const store = useStores().find((each) => each.id === result.storeId)
  const zone = store?.timezone ?? 'UTC'
  const { verdict, decision } = result
  const data = useData()
  const revision = useRevision()
  const { data: view } = useQuery({
    queryKey: ['session', result.storeId, result.sessionId, revision],
    queryFn: () => data.session(result.storeId, result.sessionId),
  })
  const theirs = view ? winnerInWords(decision, view.document) : null
  return (
    <div>
      <h3>
        <Link
          to="/stores/$storeId/sessions/$sessionId"
          params={{ storeId: result.storeId, sessionId: result.sessionId }}
          onClick={onLeave}
        >
          {result.sessionId}
        </Link>{' '}
        · {store?.name ?? result.storeId}
      </h3>
      <dl className={classes.versus}>
        <dt>Mine</dt>
        <dd>
          <strong>{inWords(decision)}</strong>
          <span>
            {employee?.name} · {formatExact(Date.parse(decision.occurredAt), zone)}
          </span>
        </dd>
        <dt>{verdict.status === 'superseded' ? 'Theirs' : 'Why not'}</dt>
        {verdict.status === 'superseded' ? (
          <dd>
            <strong>{theirs ?? `${verdict.by.name || 'A colleague'} was first`}</strong>
            <span>
              {verdict.by.name || 'A colleague'}
              {verdict.at !== '' && ` · ${formatExact(Date.parse(verdict.at), zone)}`} · reached the backend first
            </span>
          </dd>
        ) : (
          <dd>
            <strong>{verdict.message}</strong>
            <span>Refused by the backend ({verdict.code})</span>
          </dd>
        )}
      </dl>
    </div>
  )
}

/** What stands instead of a decision on a check or a basket; null where it cannot be told. */
function winnerInWords(decision: DecisionResult['decision'], document: SessionDocument): string | null {
  if (decision.type === 'basket.review') return document.review && `Reviewed the basket: ${document.review.reason}`
  if (!('verificationId' in decision.payload)) return null
  const { verificationId } = decision.payload
  const status = document.verifications.find((each) => each.id === verificationId)?.status
  if (status === 'approved' || status === 'rejected') return `${outcomeLabels[status]} the check`
  return status === 'in_progress' ? 'Took the check' : null
}

function inWords(decision: DecisionResult['decision']): string {
  switch (decision.type) {
    case 'verification.acknowledge':
      return 'Took the check'
    case 'verification.release':
      return 'Released the check'
    case 'verification.resolve':
      return `${outcomeLabels[decision.payload.outcome]} the check${decision.payload.note ? `: “${decision.payload.note}”` : ''}`
    case 'verification.request':
      return `Asked for a check: “${decision.payload.reason}”`
    case 'basket.review':
      return `Reviewed the basket: ${decision.payload.reason}`
    case 'note.add':
      return `Note: “${decision.payload.text}”`
  }
}

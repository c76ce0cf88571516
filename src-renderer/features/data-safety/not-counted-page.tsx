/** The page of `/not-counted`: decisions that somebody else was faster with or that were refused. Nothing disappears. */
import { Button, Loader, UnstyledButton } from '@mantine/core'
import { IconArrowRight, IconCheck, IconChevronRight, IconCircleCheck } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { DecisionResult } from '../../data/data-api.ts'
import { useData, useEmployee, useRevision, useStores } from '../../ui/data-context.ts'
import { isOnShift } from '../../ui/decision-words.ts'
import { formatExact } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { Blank, InlineError, RelativeTime } from '../../ui/parts.tsx'
import classes from './not-counted.module.css'
import { resultWords } from './result-words.ts'

/** Seen ones are shown this many at a time: each reads its session. */
const SEEN_STEP = 20

function useResults(seen: boolean, enabled = true) {
  const data = useData()
  const revision = useRevision()
  return useQuery({
    queryKey: ['results', seen, revision],
    queryFn: () => data.results({ seen }),
    placeholderData: keepPreviousData,
    enabled,
  })
}

export function NotCountedPage() {
  const data = useData()
  const { data: results, error } = useResults(false)
  const [failed, setFailed] = useState<string | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const list = useRef<HTMLUListElement>(null)

  // The card that was marked goes away: the keyboard goes on to the one that takes its place.
  const markedAt = useRef<number | null>(null)
  useEffect(() => {
    if (results === undefined || markedAt.current === null || document.activeElement !== document.body) return
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('[data-action="seen"]') ?? [])]
    ;(buttons[Math.min(markedAt.current, buttons.length - 1)] ?? heading.current)?.focus()
    markedAt.current = null
  }, [results])

  const mark = async (ids: string[], at: number) => {
    markedAt.current = at
    setFailed(null)
    await data.markResultsSeen(ids).catch((reason: unknown) => {
      setFailed(reason instanceof Error ? reason.message : String(reason))
    })
  }

  return (
    <div className={classes.page} data-testid="not-counted">
      <div className={classes.head}>
        <h1 ref={heading} tabIndex={-1}>
          Decisions that did not count
        </h1>
        <p>{results !== undefined && results.length > 0 && `${results.length} not seen yet`}</p>
        {results !== undefined && results.length > 1 && (
          <Button
            variant="default"
            leftSection={<IconCheck size={15} />}
            onClick={() =>
              void mark(
                results.map((each) => each.id),
                0,
              )
            }
          >
            Mark all {results.length} as seen
          </Button>
        )}
      </div>
      {error !== null && <InlineError>They could not be read: {error.message}</InlineError>}
      {failed !== null && <InlineError>This could not be marked as seen: {failed}</InlineError>}
      {results === undefined && error === null && (
        <div className={classes.loading}>
          <Loader size="sm" role="status" aria-label="Loading" />
        </div>
      )}
      {results?.length === 0 && (
        <Blank icon={IconCircleCheck} title="Nothing is left to look at">
          <p>
            When a colleague was faster, or the backend refused a decision of yours, it stays here with what counts
            instead until you have seen it.
          </p>
        </Blank>
      )}
      <ul ref={list} className={classes.cards}>
        {results?.map((result, index) => (
          <li key={result.id}>
            <ResultCard result={result} onSeen={() => void mark([result.id], index)} />
          </li>
        ))}
      </ul>
      <Seen />
    </div>
  )
}

/** What was seen in the last 90 days. */
function Seen() {
  const [opened, setOpened] = useState(false)
  const [shown, setShown] = useState(SEEN_STEP)
  const { data: results, error } = useResults(true)
  if (error !== null) return <InlineError>Those seen earlier could not be read: {error.message}</InlineError>
  if (results === undefined || results.length === 0) return null
  return (
    <section className={classes.seen} aria-label="Seen">
      <UnstyledButton className={classes.seenHead} aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <IconChevronRight size={16} aria-hidden data-opened={opened || undefined} />
        <h2>{counted(results.length, 'decision')} seen in the last 90 days</h2>
      </UnstyledButton>
      {opened && (
        <>
          <ul className={classes.cards}>
            {results.slice(0, shown).map((result) => (
              <li key={result.id}>
                <ResultCard result={result} />
              </li>
            ))}
          </ul>
          {results.length > shown && (
            <Button variant="default" mt="xs" onClick={() => setShown(shown + SEEN_STEP)}>
              Show {Math.min(SEEN_STEP, results.length - shown)} more
            </Button>
          )}
        </>
      )}
    </section>
  )
}

function ResultCard({ result, onSeen }: { result: DecisionResult; onSeen?: () => void }) {
  const { storeId, sessionId, decision, verdict, receivedAt } = result
  const data = useData()
  const revision = useRevision()
  const employee = useEmployee()
  const store = useStores().find((each) => each.id === storeId)
  const zone = store?.timezone ?? 'UTC'
  const shift = isOnShift(decision) ? decision.payload : null
  const { data: view } = useQuery({
    queryKey: ['session', storeId, sessionId, revision],
    queryFn: () => data.session(storeId, sessionId),
    placeholderData: keepPreviousData,
    enabled: shift === null,
  })
  const about = shift === null ? `session ${sessionId}` : `Shift ${shift.shift} of ${shift.date}`
  const me = { number: employee?.number ?? '', name: employee?.name ?? '' }
  const { mine, theirs, by, why, now } = resultWords(result, view?.document ?? null, me)
  const exact = (at: string) => formatExact(Date.parse(at), zone)
  return (
    <article className={classes.card} aria-label={`${mine}, ${about}`} data-testid="result-card">
      <header>
        <h2>
          {shift !== null ? (
            about
          ) : (
            <>
              Session{' '}
              <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId, sessionId }}>
                {sessionId}
              </Link>
            </>
          )}
        </h2>
        <span>
          {store?.name ?? storeId} · told <RelativeTime at={receivedAt} zone={zone} />
        </span>
        {onSeen !== undefined && (
          <Button
            data-action="seen"
            variant="default"
            leftSection={<IconCheck size={15} />}
            aria-label={`Mark as seen: ${mine}, ${about}`}
            onClick={onSeen}
          >
            Mark as seen
          </Button>
        )}
      </header>
      <div className={classes.versus}>
        <div data-side="mine">
          <h3>Yours · did not count</h3>
          <strong>{mine}</strong>
          <span>
            {me.name} · {exact(decision.occurredAt)}
          </span>
        </div>
        {verdict.status === 'superseded' ? (
          <div data-side="theirs">
            <h3>{verdict.by.number === me.number ? 'Yours, at another PC' : 'Theirs'} · counts</h3>
            <strong>{theirs}</strong>
            <span>
              {by}
              {verdict.at !== '' && ` · ${exact(verdict.at)}`}
            </span>
          </div>
        ) : (
          <div data-side="refused">
            <h3>Refused by the backend</h3>
            <strong>{why}</strong>
            <span>{verdict.code}</span>
          </div>
        )}
      </div>
      <p className={classes.now}>
        <IconArrowRight size={16} stroke={2} aria-hidden />
        <span>
          <strong className={classes.what}>{now}</strong>
          {verdict.status === 'superseded' && <span className={classes.why}> {why}</span>}
        </span>
      </p>
    </article>
  )
}

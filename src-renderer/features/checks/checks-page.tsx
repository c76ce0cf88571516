/** The queue of open verifications: longest wait first, decided by mouse or keyboard. */
import { useHotkeys } from '@mantine/hooks'
import { IconCloudOff, IconShieldCheck } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { QueueEntry, SessionView } from '../../data/data-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import {
  useData,
  useDataAge,
  useDataStatus,
  useEmployee,
  useMayDecide,
  useQueue,
  useRevision,
  useStores,
} from '../../ui/data-context.ts'
import { deviceZone, formatClock, formatSpan } from '../../ui/format-time.ts'
import { checkLabels, counted, kindLabels, outcomeLabels } from '../../ui/labels.ts'
import { Blank, NotSent, Toned } from '../../ui/parts.tsx'
import { type RecentDecision, useUiState } from '../../ui/ui-state.ts'
import { useNow } from '../../ui/use-now.ts'
import { CheckCard } from './check-card.tsx'
import classes from './checks.module.css'

/** Cards of all open verifications of the chosen stores, and what became of the ones decided here. */
export function ChecksPage() {
  const chosen = useChosenStores()
  const { data: queue } = useQueue(chosen)
  const stores = useStores()
  const mayDecide = useMayDecide()
  const employee = useEmployee()
  const recent = useUiState((state) => state.recentDecisions)
  const list = useRef<HTMLUListElement>(null)
  const waiting = queue?.filter((entry) => entry.verification.status === 'waiting').length ?? 0
  const taken = (queue?.length ?? 0) - waiting

  // A card whose form is open stays where it is, whatever happens to its check: somebody is writing in it.
  const [held, setHeld] = useState<ReadonlyMap<string, { entry: QueueEntry; rank: number }>>(new Map())
  const hold = (entry: QueueEntry, opened: boolean) => {
    setHeld((before) => {
      const after = new Map(before)
      if (opened) after.set(keyOf(entry), { entry, rank: rankOf(entry, employee?.number) })
      else after.delete(keyOf(entry))
      return after
    })
  }

  // What is mine stays on top, what colleagues work on goes below those who wait.
  const ordered = useMemo(() => {
    if (queue === undefined) return undefined
    const open = new Set(queue.map(keyOf))
    const rank = (entry: QueueEntry) => held.get(keyOf(entry))?.rank ?? rankOf(entry, employee?.number)
    const gone = [...held.values()].filter(({ entry }) => !open.has(keyOf(entry))).map(({ entry }) => entry)
    return [...queue, ...gone]
      .sort((a, b) => rank(a) - rank(b) || (a.verification.shownAt < b.verification.shownAt ? -1 : 1))
      .map((entry) => ({ entry, gone: !open.has(keyOf(entry)) }))
  }, [queue, employee, held])

  const cards = () => [...(list.current?.querySelectorAll<HTMLElement>('[data-testid="check-card"]') ?? [])]
  const move = (step: number) => {
    // An open menu or another control has its own arrows.
    const active = document.activeElement
    if (active !== document.body && !list.current?.contains(active)) return
    const all = cards()
    const at = all.findIndex((card) => card.contains(document.activeElement))
    all[at < 0 ? 0 : at + step]?.focus()
  }
  useHotkeys([
    ['ArrowDown', () => move(1)],
    ['ArrowUp', () => move(-1)],
  ])
  // A card that was worked on moves or goes away: the keyboard stays with it, or goes on to the first one.
  const lastFocused = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (ordered === undefined || lastFocused.current === undefined || document.activeElement !== document.body) return
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[data-testid="check-card"]') ?? [])]
    const same = all.find((card) => card.dataset.verificationId === lastFocused.current)
    ;(same ?? all[0])?.focus()
  }, [ordered])

  return (
    <div className={classes.page}>
      <div className={classes.main}>
        <div className={classes.head}>
          <h1>Checks</h1>
          <p>
            <strong data-some={waiting > 0 || undefined}>{waiting} waiting</strong>
            {taken > 0 && ` · ${taken} in progress`}
          </p>
          {mayDecide && (
            <p className={classes.keys} aria-hidden>
              <kbd>↑</kbd> <kbd>↓</kbd> choose <kbd>T</kbd> take <kbd>A</kbd> approve <kbd>R</kbd> reject
            </p>
          )}
        </div>
        <OfflineNote storeIds={chosen} />
        {ordered?.length === 0 && (
          <Blank icon={IconShieldCheck} title="Nobody is waiting">
            <p>
              Spot checks and age verifications of the chosen stores appear here as soon as a shopper is asked to wait.
            </p>
          </Blank>
        )}
        <ul
          ref={list}
          className={classes.cards}
          onFocus={(event) => {
            const card = event.target.closest<HTMLElement>('[data-testid="check-card"]')
            lastFocused.current = card?.dataset.verificationId
          }}
          onBlur={(event) => {
            if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget))
              lastFocused.current = undefined
          }}
        >
          {ordered?.map(({ entry, gone }) => (
            <li key={keyOf(entry)}>
              <CheckCard
                entry={entry}
                store={stores.find((store) => store.id === entry.storeId)}
                gone={gone}
                onForm={(opened) => hold(entry, opened)}
              />
            </li>
          ))}
        </ul>
      </div>
      {recent.length > 0 && <Recent decisions={recent} />}
    </div>
  )
}

const keyOf = ({ storeId, sessionId, verification }: QueueEntry): string =>
  JSON.stringify([storeId, sessionId, verification.id])

/** Mine first, then those who wait, then what colleagues have. */
function rankOf({ verification }: QueueEntry, employeeNumber: string | undefined): number {
  if (verification.status === 'waiting') return 1
  return verification.employee?.number === employeeNumber ? 0 : 2
}

/** How old the queue is, and who does not know yet what is decided here. */
function OfflineNote({ storeIds }: { storeIds: string[] }) {
  const offline = useDataStatus((status) => status.connection === 'offline')
  const asOf = useDataAge(storeIds)
  const now = useNow()
  if (!offline) return null
  return (
    <div className={classes.offline} role="status">
      <IconCloudOff size={18} stroke={1.7} aria-hidden />
      <p>
        <strong>
          {asOf === null
            ? 'Offline: nothing was synced yet.'
            : `Offline: this is how it was at ${formatClock(asOf, deviceZone())}, ${formatSpan(now - asOf)} ago.`}
        </strong>{' '}
        Newer checks are missing here. You can decide, but the shopper’s app and the gate do not know it until the
        connection is back: tell the shopper yourself.
      </p>
    </div>
  )
}

function Recent({ decisions }: { decisions: RecentDecision[] }) {
  const data = useData()
  const revision = useRevision()
  const stores = useStores()
  const views = useQueries({
    queries: decisions.map(({ storeId, sessionId }) => ({
      queryKey: ['session', storeId, sessionId, revision],
      queryFn: () => data.session(storeId, sessionId),
      // Keeps the line still while the next revision is read.
      placeholderData: (previous: SessionView | null | undefined) => previous,
    })),
  })
  return (
    <aside className={classes.recent} aria-labelledby="recent-title">
      <h2 id="recent-title">Decided by you</h2>
      <ul>
        {decisions.map((decision, index) => {
          const zone = stores.find((store) => store.id === decision.storeId)?.timezone ?? 'UTC'
          return (
            <li key={JSON.stringify([decision.sessionId, decision.verificationId])}>
              <div>
                <Toned tone={checkLabels[decision.outcome].tone} icon={checkLabels[decision.outcome].icon}>
                  <strong>
                    {kindLabels[decision.kind]} {outcomeLabels[decision.outcome].toLowerCase()}
                  </strong>
                </Toned>
                <span>{formatClock(decision.at, zone)}</span>
              </div>
              <Link
                to="/stores/$storeId/sessions/$sessionId"
                params={{ storeId: decision.storeId, sessionId: decision.sessionId }}
              >
                {decision.sessionId}
              </Link>
              <Fate decision={decision} view={views[index]?.data} />
            </li>
          )
        })}
      </ul>
      <p className={classes.recentFoot}>{counted(decisions.length, 'check')} since this console was opened</p>
    </aside>
  )
}

function Fate({ decision, view }: { decision: RecentDecision; view: SessionView | null | undefined }) {
  const employee = useEmployee()
  if (!view) return null
  const { verificationId } = decision
  const unsent = view.unsent.some(
    (each) => 'verificationId' in each.decision.payload && each.decision.payload.verificationId === verificationId,
  )
  if (unsent) return <NotSent />
  const verdict = view.document.events.find(
    (event) =>
      event.type === 'verification.resolved' &&
      event.verificationId === verificationId &&
      event.employee?.number === employee?.number &&
      event.verdict?.status !== 'applied',
  )?.verdict
  const verification = view.document.verifications.find((each) => each.id === verificationId)
  const status = verification?.status
  if (status === decision.outcome && verification?.employee?.number === employee?.number)
    return <Toned tone="ok">confirmed by the backend</Toned>
  if (verdict?.status === 'superseded') return <Toned tone="bad">did not count: {verdict.by.name} was first</Toned>
  if (verdict?.status === 'refused') return <Toned tone="bad">did not count: {verdict.message}</Toned>
  return (
    <Toned tone="bad">
      did not count: {status === undefined ? 'not known' : checkLabels[status].text.toLowerCase()}
    </Toned>
  )
}

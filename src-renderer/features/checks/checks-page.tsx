/** The queue of open verifications: longest wait first, opened by mouse or keyboard; the other shoppers below. */
import { IconCloudOff, IconShieldCheck } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef } from 'react'
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
import { formatClock, formatShortAmong, formatSpan } from '../../ui/format-time.ts'
import { checkLabels, counted, kindLabels, outcomeLabels } from '../../ui/labels.ts'
import { Blank, Toned } from '../../ui/parts.tsx'
import { useCommands } from '../../ui/shortcuts.ts'
import { type RecentDecision, useUiState } from '../../ui/ui-state.ts'
import { useNow } from '../../ui/use-now.ts'
import { CheckCard } from './check-card.tsx'
import classes from './checks.module.css'
import { CommandScanner } from './command-scanner.tsx'
import { Fate } from './decision-fate.tsx'
import { checkKey } from './new-checks.ts'
import { OtherShoppers, shopperKey } from './other-shoppers.tsx'

/** Checks that a number key opens. */
const NUMBERED = 9
const CARD = '[data-testid="check-card"]'

/** Cards of all open verifications of the chosen stores, and what became of the ones decided here. */
export function ChecksPage() {
  const chosen = useChosenStores()
  const { data: queue } = useQueue(chosen)
  const stores = useStores()
  const employee = useEmployee()
  const mayDecide = useMayDecide()
  const navigate = useNavigate()
  const recent = useUiState((state) => state.recentDecisions)
  const list = useRef<HTMLUListElement>(null)
  const waiting = queue?.filter((entry) => entry.verification.status === 'waiting').length ?? 0
  const taken = (queue?.length ?? 0) - waiting

  // What is mine stays on top, what colleagues work on goes below those who wait.
  const ordered = useMemo(() => {
    if (queue === undefined) return undefined
    const rank = (entry: QueueEntry) => rankOf(entry, employee?.number)
    return [...queue].sort((a, b) => rank(a) - rank(b) || (a.verification.shownAt < b.verification.shownAt ? -1 : 1))
  }, [queue, employee])
  const inQueue = useMemo(
    () => new Set(queue?.map(({ storeId, sessionId }) => shopperKey(storeId, sessionId))),
    [queue],
  )

  const cards = () => [...(list.current?.querySelectorAll<HTMLElement>(CARD) ?? [])]
  const move = (step: number) => {
    const all = cards()
    const at = all.findIndex((card) => card.contains(document.activeElement))
    all[at < 0 ? 0 : at + step]?.focus()
  }
  const open = ({ storeId, sessionId, verification }: QueueEntry) =>
    void navigate({
      to: '/checks/$storeId/$sessionId/$verificationId',
      params: { storeId, sessionId, verificationId: verification.id },
    })
  useCommands([
    { id: 'checks.next', group: 'Checks', text: 'Next card', keys: 'arrowdown', run: () => move(1), keysOnly: true },
    {
      id: 'checks.previous',
      group: 'Checks',
      text: 'Card before',
      keys: 'arrowup',
      run: () => move(-1),
      keysOnly: true,
    },
    { id: 'checks.open', group: 'Checks', text: 'Open the card', keys: 'enter' },
    ...(mayDecide ? [{ id: 'checks.take', group: 'Checks', text: 'Take the card’s check', keys: 't' }] : []),
    ...(ordered ?? []).slice(0, NUMBERED).map((entry, index) => ({
      id: `checks.open.${index + 1}`,
      group: 'Checks',
      text: `Open check ${index + 1}`,
      keys: String(index + 1),
      run: () => open(entry),
      keysOnly: true,
    })),
  ])
  // A card that was worked on moves or goes away: the keyboard stays with it, or goes on to the first one.
  const lastFocused = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (ordered === undefined || lastFocused.current === undefined || document.activeElement !== document.body) return
    const all = [...(list.current?.querySelectorAll<HTMLElement>(CARD) ?? [])]
    const same = all.find((card) => card.dataset.verificationId === lastFocused.current)
    ;(same ?? all[0])?.focus()
  }, [ordered])

  return (
    <div className={classes.page}>
      <CommandScanner />
      <div className={classes.main}>
        <div className={classes.head}>
          <h1>Checks</h1>
          <p>
            <strong data-some={waiting > 0 || undefined}>{waiting} waiting</strong>
            {taken > 0 && ` · ${taken} in progress`}
          </p>
          <Link to="/refusals" className={classes.registerLink}>
            Register of age refusals
          </Link>
          <Link to="/scanner-codes" className={classes.registerLink}>
            Scanner codes
          </Link>
          <p className={classes.keys} aria-hidden>
            <kbd>1</kbd>–<kbd>9</kbd> or <kbd>↑</kbd> <kbd>↓</kbd> <kbd>Enter</kbd> open
            {mayDecide && (
              <>
                {' '}
                <kbd>T</kbd> take
              </>
            )}
          </p>
        </div>
        <OfflineNote storeIds={chosen} />
        {ordered?.length === 0 && (
          <div className={classes.nobody}>
            <Blank icon={IconShieldCheck} title="Nobody is waiting">
              <p>
                Spot checks and age verifications of the chosen stores appear here as soon as a shopper is asked to
                wait.
              </p>
            </Blank>
          </div>
        )}
        <ul
          ref={list}
          className={classes.cards}
          onFocus={(event) => {
            lastFocused.current = event.target.closest<HTMLElement>(CARD)?.dataset.verificationId
          }}
          onBlur={(event) => {
            if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget))
              lastFocused.current = undefined
          }}
        >
          {ordered?.map((entry, index) => (
            <li key={checkKey(entry)}>
              <CheckCard
                entry={entry}
                store={stores.find((store) => store.id === entry.storeId)}
                place={index < NUMBERED ? index + 1 : null}
              />
            </li>
          ))}
        </ul>
        <OtherShoppers storeIds={chosen} waiting={inQueue} />
      </div>
      {recent.length > 0 && <Recent decisions={recent} />}
    </div>
  )
}

/** Mine first, then those who wait, then what colleagues have. */
function rankOf({ verification }: QueueEntry, employeeNumber: string | undefined): number {
  if (verification.status === 'waiting') return 1
  return verification.employee?.number === employeeNumber ? 0 : 2
}

const MINUTE_MS = 60_000

/** How old the queue is, and who does not know yet what is decided here. */
function OfflineNote({ storeIds }: { storeIds: string[] }) {
  const offline = useDataStatus((status) => status.connection === 'offline')
  const asOf = useDataAge(storeIds)
  const stores = useStores().filter(({ id }) => storeIds.length === 0 || storeIds.includes(id))
  const now = useNow(MINUTE_MS)
  if (!offline) return null
  return (
    <div className={classes.offline} role="status">
      <IconCloudOff size={18} stroke={1.7} aria-hidden />
      <p>
        <strong>
          {asOf === null ? (
            'Offline: nothing was synced yet.'
          ) : (
            <>
              Offline: this is how it was at {formatShortAmong(stores, asOf, now)}, <Ago at={asOf} /> ago.
            </>
          )}
        </strong>{' '}
        Newer checks are missing here. You can decide, but the shopper’s app and the gate do not know it until the
        connection is back: tell the shopper yourself.
      </p>
    </div>
  )
}

function Ago({ at }: { at: number }) {
  return formatSpan(useNow() - at)
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
        {decisions.map(({ storeId, sessionId, verificationId, kind, outcome, at }, index) => {
          const zone = stores.find((store) => store.id === storeId)?.timezone ?? 'UTC'
          const view = views[index]?.data
          const verification = view?.document.verifications.find((each) => each.id === verificationId)
          return (
            <li key={JSON.stringify([sessionId, verificationId])}>
              <div>
                <Toned tone={checkLabels[outcome].tone} icon={checkLabels[outcome].icon}>
                  <strong>
                    {kindLabels[kind]} {outcomeLabels[outcome].toLowerCase()}
                  </strong>
                </Toned>
                <span>{formatClock(at, zone)}</span>
              </div>
              <Link to="/checks/$storeId/$sessionId/$verificationId" params={{ storeId, sessionId, verificationId }}>
                {sessionId}
              </Link>
              {view && verification !== undefined && <Fate view={view} verification={verification} zone={zone} />}
            </li>
          )
        })}
      </ul>
      <p className={classes.recentFoot}>{counted(decisions.length, 'check')} since this console was opened</p>
    </aside>
  )
}

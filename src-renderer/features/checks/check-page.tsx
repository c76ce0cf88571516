/** One check, from "somebody waits" to its outcome, by keyboard and scanner. */
import { Loader } from '@mantine/core'
import { IconArrowLeft, IconCloudOff, IconId, IconShieldCheck, IconShieldQuestion } from '@tabler/icons-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { Verification } from '#shared/protocol/session-document.ts'
import { preventedLossOf } from '#shared/verification/differences.ts'
import type { DecisionInput, SessionView } from '../../data/data-api.ts'
import {
  useDataAge,
  useDataStatus,
  useEmployee,
  useMayDecide,
  useQueue,
  useSession,
  useStores,
} from '../../ui/data-context.ts'
import { formatClockSeconds, formatShortAmong } from '../../ui/format-time.ts'
import { checkLabels, counted, kindLabels, methodLabels } from '../../ui/labels.ts'
import { Blank, InlineError, NotSent, Pill } from '../../ui/parts.tsx'
import { refusalWords } from '../../ui/refusal-words.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import { rememberDecision } from '../../ui/ui-state.ts'
import { useDecide } from '../../ui/use-decide.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import { AgeFacts, AgeWork } from './age-work.tsx'
import { BasketList } from './basket-list.tsx'
import { CheckAbout } from './check-about.tsx'
import { CheckHolder, GROUP } from './check-holder.tsx'
import classes from './check-page.module.css'
import { CheckTimer } from './check-timer.tsx'
import { CommandScanner } from './command-scanner.tsx'
import { isUnsent, WhoKnows } from './decision-fate.tsx'
import { differenceKinds, differenceWords } from './difference-words.ts'
import { LeftOver } from './left-over.tsx'
import { basketOf, SpotCheckWork } from './spot-check-work.tsx'
import { useCheckDraft } from './use-check-draft.ts'

const route = getRouteApi('/checks/$storeId/$sessionId/$verificationId')

export function CheckPage() {
  const { storeId, sessionId, verificationId } = route.useParams()
  const navigate = useNavigate()
  const { data: view, isError } = useSession(storeId, sessionId)
  const verification = view?.document.verifications.find((each) => each.id === verificationId)
  useCommands([
    {
      id: 'check.leave',
      group: GROUP,
      text: 'Back to all checks',
      keys: 'escape',
      run: () => void navigate({ to: '/checks' }),
    },
  ])
  if (view && verification !== undefined)
    return <Check key={`${storeId} ${sessionId} ${verificationId}`} view={view} verification={verification} />
  if (view === undefined && !isError)
    return (
      <div className={classes.loading}>
        <Loader size="sm" role="status" aria-label="Loading the check" />
      </div>
    )
  return (
    <Blank icon={IconShieldQuestion} title="This check is not known here">
      <p>If the console is offline, it may only be missing on this PC.</p>
      <div>
        <Link to="/checks">All checks</Link>
      </div>
    </Blank>
  )
}

function Check({ view, verification }: { view: SessionView; verification: Verification }) {
  const { document } = view
  const store = useStores().find((each) => each.id === document.storeId)
  const zone = store?.timezone ?? 'UTC'
  const employee = useEmployee()
  const mayDecide = useMayDecide()
  const deciding = useDecide(document.storeId, document.id)
  const { kind, status } = verification
  const age = kind === 'age_verification'
  const open = status === 'waiting' || status === 'in_progress'
  const mine = status === 'in_progress' && verification.employee?.number === employee?.number
  const { data: queue } = useQueue([document.storeId])
  const heldUntil =
    queue?.find((entry) => entry.sessionId === document.id && entry.verification.id === verification.id)?.heldUntil ??
    null
  const { text, tone, icon } = checkLabels[status]
  const KindIcon = age ? IconId : IconShieldCheck
  const key = { storeId: document.storeId, sessionId: document.id, verificationId: verification.id }
  const { draft, restored, error: draftError, change } = useCheckDraft(key)

  // Where the work goes on, the keyboard is: what was pressed last is gone, or belongs to another room.
  const page = useRef<HTMLElement>(null)
  const stage = `${status} ${mine} ${draft !== null}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: at every new stage
  useEffect(() => {
    const busyElsewhere = window.document.activeElement?.closest('[role="menu"], [role="dialog"], input') != null
    if (!busyElsewhere && !page.current?.contains(window.document.activeElement))
      page.current?.querySelector<HTMLElement>('[data-primary]')?.focus()
  }, [stage])

  const resolve = async (payload: Extract<DecisionInput, { type: 'verification.resolve' }>['payload']) => {
    if (!(await deciding.decide({ type: 'verification.resolve', payload }))) return
    rememberDecision(document.storeId, document.id, kind, payload, serverNow())
  }

  return (
    <article
      ref={page}
      className={classes.page}
      data-testid="check-page"
      data-status={status}
      aria-label={`${kindLabels[kind]}, session ${document.id}`}
    >
      {(age || !mine) && <CommandScanner />}
      <header className={classes.head}>
        <Link to="/checks" className={classes.back}>
          <IconArrowLeft size={16} aria-hidden /> Checks <kbd>Esc</kbd>
        </Link>
        <KindIcon size={24} stroke={1.7} aria-hidden />
        <h1>{kindLabels[kind]}</h1>
        {!open && (
          <Pill tone={tone} icon={icon}>
            {text}
          </Pill>
        )}
        {!open && isUnsent(view, verification.id) && <NotSent />}
        <span className={classes.headBasket}>
          {counted(document.quantity, 'item')} · <strong>{formatMoney(document.total, document.currency)}</strong>
        </span>
      </header>
      <div className={classes.columns}>
        <div className={classes.work}>
          <OfflineNote storeId={document.storeId} open={open} />
          {open && (
            <div className={classes.state}>
              <CheckTimer verification={verification} store={store} />
              <CheckHolder
                view={view}
                verification={verification}
                zone={zone}
                mayDecide={mayDecide}
                heldUntil={heldUntil}
                deciding={deciding}
              />
            </div>
          )}
          {!open && (
            <>
              <WhoKnows view={view} verification={verification} zone={zone} />
              <Result view={view} verification={verification} zone={zone} />
            </>
          )}
          {age && <AgeFacts view={view} verification={verification} zone={zone} />}
          {restored && mine && draft !== null && draft.observations.length > 0 && (
            <p className={classes.quiet} data-testid="draft-restored">
              Goes on where it was left: {counted(draft.observations.length, 'step')} kept on this PC.
            </p>
          )}
          {draftError !== null && mine && (
            <InlineError>The last step is not on the disk yet and would not survive a crash: {draftError}</InlineError>
          )}
          {mine &&
            mayDecide &&
            draft !== null &&
            (age ? (
              <AgeWork
                verification={verification}
                note={draft.note}
                onNote={(note) => void change((before) => ({ ...before, note }))}
                busy={deciding.busy}
                error={deciding.error}
                onResolve={(payload) => void resolve(payload)}
              />
            ) : (
              <SpotCheckWork
                view={view}
                verification={verification}
                store={store}
                draft={draft}
                onChange={change}
                busy={deciding.busy}
                error={deciding.error}
                onResolve={(payload) => void resolve(payload)}
              />
            ))}
          {open && !mine && !age && <BasketList basket={basketOf(view, verification)} currency={document.currency} />}
          {!open && <LeftOver view={view} verification={verification} draft={draft} deciding={deciding} />}
        </div>
        <CheckAbout view={view} verification={verification} store={store} />
      </div>
    </article>
  )
}

const MINUTE_MS = 60_000

/** How old what one sees is, and who will not hear of an outcome for now. */
function OfflineNote({ storeId, open }: { storeId: string; open: boolean }) {
  const offline = useDataStatus((status) => status.connection === 'offline')
  const asOf = useDataAge([storeId])
  const stores = useStores().filter(({ id }) => id === storeId)
  const now = useNow(MINUTE_MS)
  if (!offline || !open) return null
  return (
    <p className={classes.note} role="status">
      <IconCloudOff size={18} stroke={1.7} aria-hidden />
      <span>
        <strong>
          Offline{asOf !== null && `: this is how it was at ${formatShortAmong(stores, asOf, now)}`}. A colleague may
          have it already.
        </strong>{' '}
        You can decide, but the shopper’s app and the gate do not know it until the connection is back.
      </span>
    </p>
  )
}

/** What was decided, by whom, and what it was worth. */
function Result({ view, verification, zone }: { view: SessionView; verification: Verification; zone: string }) {
  const { document } = view
  const { status, employee, resolvedAt, method, itemsChecked, note, plan, escalatedFrom, fullRescanDeclined } =
    verification
  const differences = verification.differences ?? []
  const decided = status === 'approved' || status === 'rejected'
  const basket = basketOf(view, verification)
  return (
    <section className={classes.result} data-testid="check-result" data-status={status} aria-label="Outcome">
      <p className={classes.resultHead}>
        {decided ? (
          <>
            <strong>
              {checkLabels[status].text}
              {(verification.corrections?.length ?? 0) > 0 && ' with corrections'}
            </strong>{' '}
            by {employee?.name || 'a colleague'}
            {resolvedAt !== null && ` at ${formatClockSeconds(Date.parse(resolvedAt), zone)}`}
          </>
        ) : (
          <strong>
            {status === 'withdrawn'
              ? 'Withdrawn: the shopper left, or the store system needs it no more.'
              : 'Never served: the session ended before anybody came.'}
          </strong>
        )}
      </p>
      {method !== undefined && (
        <p>
          {methodLabels[method]}
          {plan !== undefined &&
            escalatedFrom === undefined &&
            ` of ${counted(plan.pieces, 'piece')} ${plan.selection === 'random' ? 'picked at random' : 'chosen by hand'}`}
          {escalatedFrom !== undefined && `, after a ${methodLabels[escalatedFrom].toLowerCase()} that did not match`}
          {itemsChecked !== undefined && ` · ${counted(itemsChecked, 'piece')} checked`}
          {fullRescanDeclined !== undefined && ` · full rescan declined: “${fullRescanDeclined}”`}
        </p>
      )}
      {verification.refusalReason !== undefined && <p>Reason: {refusalWords(verification.refusalReason)}</p>}
      {differences.length > 0 && (
        <>
          <ul>
            {differences.map((difference) => (
              <li key={JSON.stringify(difference)}>
                {differenceKinds[difference.kind]}: {differenceWords(difference, basket)}
                {difference.value !== undefined && ` · ${formatMoney(difference.value, document.currency)}`}
              </li>
            ))}
          </ul>
          <p>
            Prevented loss <strong>{formatMoney(preventedLossOf(differences), document.currency)}</strong>
          </p>
        </>
      )}
      {note !== undefined && <p>Note: “{note}”</p>}
      <p className={classes.quiet}>
        <Link to="/checks">All checks</Link> <kbd>Esc</kbd> · next one <kbd>N</kbd>
      </p>
    </section>
  )
}

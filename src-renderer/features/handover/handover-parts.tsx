/** The sections of the handover, in the order in which a shift lead reads them. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Handover } from '../../data/abandoned-api.ts'
import { decisionWords } from '../../ui/decision-words.ts'
import { formatShort, formatSpan } from '../../ui/format-time.ts'
import { checkLabels, counted, kindLabels } from '../../ui/labels.ts'
import { Toned } from '../../ui/parts.tsx'
import { refusalWords } from '../../ui/refusal-words.ts'
import { useNow } from '../../ui/use-now.ts'
import classes from './handover.module.css'
import { Part } from './part.tsx'

interface PartsProps {
  handover: Handover
  store: StoreSettings
  nowMs: number
}

/** The shift in one line of numbers. */
export function Figures({ handover, nowMs }: Omit<PartsProps, 'store'>) {
  const { openChecks, putBack, abandoned, refusals, unsent } = handover
  const isOver = handover.to <= nowMs
  return (
    <dl className={classes.figures}>
      <Figure title="Open checks now" alarm={openChecks.length > 0}>
        {openChecks.length}
      </Figure>
      <Figure title="Pieces to put back now" alarm={putBack.overdue > 0}>
        {putBack.pieces}
        {putBack.overdue > 0 && <small> {putBack.overdue} to discard</small>}
      </Figure>
      <Figure title={isOver ? 'Baskets left in the shift' : 'Baskets left so far'}>
        {abandoned.count}
        {abandoned.unreviewed > 0 && <small> {abandoned.unreviewed} not reviewed</small>}
      </Figure>
      <Figure title="Age refusals">{refusals.length}</Figure>
      <Figure title="Not sent from this PC" alarm={unsent.length > 0}>
        {unsent.length}
      </Figure>
    </dl>
  )
}

function Figure({ title, alarm = false, children }: { title: string; alarm?: boolean; children: ReactNode }) {
  return (
    <div data-alarm={alarm || undefined}>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Longest waits that are printed, so that a shift fits one sheet. */
const ON_PAPER = 5

export function HandoverParts(props: PartsProps) {
  return (
    <>
      <OpenChecks {...props} />
      <PutBack {...props} />
      <Abandoned {...props} />
      <Refusals {...props} />
      <Decisions {...props} />
      <LongestWaits {...props} />
    </>
  )
}

function SessionLink({ storeId, sessionId }: { storeId: string; sessionId: string }) {
  return (
    <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId, sessionId }}>
      {sessionId}
    </Link>
  )
}

function OpenChecks({ handover: { openChecks }, store }: PartsProps) {
  const nowMs = useNow(10_000)
  return (
    <Part title="Open checks now" count={openChecks.length} none="Nobody waits for a check." testId="handover-checks">
      {openChecks.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Session</th>
              <th scope="col">Since</th>
              <th scope="col">Who has it</th>
            </tr>
          </thead>
          <tbody>
            {openChecks.map(({ storeId, sessionId, verification: { id, kind, shownAt, status, employee } }) => (
              <tr key={JSON.stringify([sessionId, id])}>
                <td>
                  <Link
                    to="/checks/$storeId/$sessionId/$verificationId"
                    params={{ storeId, sessionId, verificationId: id }}
                  >
                    {kindLabels[kind]}
                  </Link>
                </td>
                <td>{sessionId}</td>
                <td>
                  {formatShort(Date.parse(shownAt), store.timezone, nowMs)}, {formatSpan(nowMs - Date.parse(shownAt))}
                </td>
                <td>{status === 'waiting' ? <strong>nobody</strong> : (employee?.name ?? 'a colleague')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}

function PutBack({ handover: { putBack } }: PartsProps) {
  const { pieces, baskets, cold, overdue, withoutDetails } = putBack
  return (
    <Part
      title="To put back now"
      count={pieces}
      none={withoutDetails > 0 ? 'Nothing that this PC knows of.' : 'Nothing lies around.'}
      aside={<Link to="/put-back">Put-back list</Link>}
      testId="handover-put-back"
    >
      {pieces > 0 && (
        <p className={classes.text}>
          {counted(pieces, 'piece')} of {counted(baskets, 'basket')}
          {cold > 0 && `, ${cold.toLocaleString('en')} of them chilled or frozen`}
          {overdue > 0 && (
            <>
              {'; '}
              <strong>{counted(overdue, 'piece is', 'pieces are')} past their time and must be discarded</strong>
            </>
          )}
          .
        </p>
      )}
      {withoutDetails > 0 && (
        <p className={classes.text}>
          <Toned tone="warn">
            {counted(withoutDetails, 'basket')} more {withoutDetails === 1 ? 'was' : 'were'} left whose items are not on
            this PC.
          </Toned>
        </p>
      )}
    </Part>
  )
}

function Abandoned({ handover: { abandoned } }: PartsProps) {
  const { count, unreviewed, byCurrency } = abandoned
  return (
    <Part
      title="Baskets left in the shift"
      count={count}
      none="No basket was left."
      aside={<Link to="/abandoned">Abandoned baskets</Link>}
      testId="handover-abandoned"
    >
      {count > 0 && (
        <p className={classes.text}>
          {byCurrency.map(({ total, currency }) => formatMoney(total, currency)).join(' and ')}
          {unreviewed === 0 ? ', all reviewed.' : `, ${unreviewed.toLocaleString('en')} not reviewed yet.`}
        </p>
      )}
    </Part>
  )
}

function Refusals({ handover: { refusals }, store, nowMs }: PartsProps) {
  return (
    <Part
      title="Age refusals"
      count={refusals.length}
      none="Nobody was refused for their age."
      aside={<Link to="/refusals">Register</Link>}
      testId="handover-refusals"
    >
      {refusals.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">By</th>
              <th scope="col">Reason</th>
              <th scope="col">Items</th>
              <th scope="col">Session</th>
            </tr>
          </thead>
          <tbody>
            {refusals.map(({ id, at, employee, reason, items, storeId, sessionId }) => (
              <tr key={id}>
                <td>{formatShort(Date.parse(at), store.timezone, nowMs)}</td>
                <td>{employee.name}</td>
                <td>{reason === null ? 'not said' : refusalWords(reason)}</td>
                <td>{items.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ') || '—'}</td>
                <td>
                  <SessionLink storeId={storeId} sessionId={sessionId} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Part>
  )
}

function LongestWaits({ handover: { longestWaits, withoutDetails, storeId }, store, nowMs }: PartsProps) {
  return (
    <Part
      title="Longest waits"
      count={longestWaits.length}
      none={withoutDetails > 0 ? 'Nobody that this PC knows of had to wait.' : 'Nobody had to wait.'}
      testId="handover-waits"
      aside={longestWaits.length > ON_PAPER && <span className={classes.onPaper}>the {ON_PAPER} longest</span>}
    >
      {longestWaits.length > 0 && (
        <table className={classes.table} data-shortened>
          <thead>
            <tr>
              <th scope="col">Waited</th>
              <th scope="col">From</th>
              <th scope="col">Check</th>
              <th scope="col">Then</th>
              <th scope="col">Session</th>
            </tr>
          </thead>
          <tbody>
            {longestWaits.map(({ sessionId, kind, shownAt, waitedMs, status, employee }) => (
              <tr key={JSON.stringify([sessionId, kind, shownAt])}>
                <td>{formatSpan(waitedMs)}</td>
                <td>{formatShort(shownAt, store.timezone, nowMs)}</td>
                <td>{kindLabels[kind]}</td>
                <td>
                  <Toned tone={status === 'never_served' ? 'bad' : 'plain'}>
                    {status === 'never_served' ? 'nobody came' : checkLabels[status].text.toLowerCase()}
                    {employee !== null && `, ${employee.name}`}
                  </Toned>
                </td>
                <td>
                  <SessionLink storeId={storeId} sessionId={sessionId} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {withoutDetails > 0 && (
        <p className={classes.text}>
          <Toned tone="warn">
            Of {counted(withoutDetails, 'session')} with a check the details are not on this PC: their waits are not
            among these.
          </Toned>
        </p>
      )}
    </Part>
  )
}

/** Decisions that the next shift cannot rely on: nobody else knows them yet, or they did not count. */
function Decisions({ handover: { unsent, notCounted }, store, nowMs }: PartsProps) {
  const at = (instant: string) => formatShort(Date.parse(instant), store.timezone, nowMs)
  return (
    <>
      <Part
        title="Not sent from this PC"
        count={unsent.length}
        none={`Everything decided on this PC for ${store.name} has reached the backend.`}
        testId="handover-unsent"
      >
        {unsent.length > 0 && (
          <ul className={classes.decisions}>
            {unsent.map(({ decision, storeId, employee }) => (
              <li key={decision.id}>
                {at(decision.occurredAt)} {employee.name}: {decisionWords(decision)}
                <OfSession storeId={storeId} sessionId={decision.sessionId} />
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part
        title="Decisions that did not count"
        count={notCounted.length}
        none="Every decision of the shift counted."
        aside={<Link to="/not-counted">Not counted</Link>}
        testId="handover-not-counted"
      >
        {notCounted.length > 0 && (
          <ul className={classes.decisions}>
            {notCounted.map(({ id, decision, storeId, verdict }) => (
              <li key={id}>
                {at(decision.occurredAt)} {decisionWords(decision)}
                <OfSession storeId={storeId} sessionId={decision.sessionId} />
                {verdict.status === 'superseded'
                  ? `: ${verdict.by.name} was first${verdict.at === '' ? '' : `, ${at(verdict.at)}`}`
                  : `: ${verdict.message}`}
              </li>
            ))}
          </ul>
        )}
      </Part>
    </>
  )
}

/** Decisions on a shift name no session. */
function OfSession({ storeId, sessionId }: { storeId: string; sessionId: string }) {
  if (sessionId.startsWith('shift:')) return null
  return (
    <>
      {' · '}
      <SessionLink storeId={storeId} sessionId={sessionId} />
    </>
  )
}

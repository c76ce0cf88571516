/** Judges a lifecycle command against a session, once, when it arrives at the backend. */
import { canonicalJson } from '../protocol/canonical-json.ts'
import type { Verdict } from '../protocol/decisions.ts'
import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import type { EmployeeRef } from '../protocol/primitives.ts'
import type { LineItem, SessionDocument, SessionEvent } from '../protocol/session-document.ts'
import { isLifecycleEvent } from './apply-lifecycle-event.ts'
import {
  type CartLine,
  type DefinedLine,
  type LifecycleCommand,
  lifecycleEvents,
  type RecordedChanges,
  type ReturnedLine,
  type ReturnRequest,
  type SessionChanges,
} from './lifecycle-command.ts'
import { type LifecycleAction, nextLifecycleState } from './transitions.ts'

/** Why a command has no effect. `from` is null for a session that does not exist yet. */
export type LifecycleRefusal =
  | { code: 'transition_refused'; from: LifecycleState | null; to: LifecycleState }
  | { code: 'changes_refused'; from: LifecycleState; to: LifecycleState }
  /** `item` is the index in the command; `part` is what of it is wrong, null where it names nothing. */
  | { code: 'return_refused'; from: LifecycleState; item: number; part: keyof ReturnRequest | null; reason: string }

export interface CommandJudgement {
  refusal: LifecycleRefusal | null
  /** Goes into the log of an existing session whatever the verdict. */
  event: SessionEvent
}

/** Who sent a command, and when it arrived (UTC milliseconds). */
export interface CommandArrival {
  id: string
  nowMs: number
  source: 'integration' | 'console'
  employee?: EmployeeRef
}

const targets: Record<LifecycleAction, LifecycleState> = {
  close: 'closed',
  cancel: 'cancelled',
  reopen: 'open',
  return: 'partially_returned',
}

/** Refusal (or none) and event of a command; `session` is null where there is none yet. */
export function judgeCommand(
  session: SessionDocument | null,
  command: LifecycleCommand,
  arrival: CommandArrival,
): CommandJudgement {
  const judged = judge(session, command)
  const refusal = 'refusal' in judged ? judged.refusal : null
  const { id, nowMs, source, employee } = arrival
  return {
    refusal,
    event: {
      ...('refusal' in judged ? {} : judged),
      id,
      type: lifecycleEvents[command.type].type,
      at: new Date(instantAfter(session, nowMs)).toISOString(),
      source,
      employee,
      arrivedAt: new Date(nowMs).toISOString(),
      verdict: refusal === null ? { status: 'applied' } : verdictOf(refusal),
    },
  }
}

/** What a refusal says to people. */
export function refusalMessage(refusal: LifecycleRefusal): string {
  switch (refusal.code) {
    case 'transition_refused':
      return refusal.from === null
        ? `A session can be created as open or closed, not as ${refusal.to}.`
        : `A session cannot change from ${refusal.from} to ${refusal.to}${hint(refusal.from, refusal.to)}.`
    case 'changes_refused':
      return `A session that is ${refusal.from} refuses changes of items, customer and attributes.`
    case 'return_refused':
      return refusal.reason
  }
}

function hint(from: LifecycleState, to: LifecycleState): string {
  if (nextLifecycleState(from, 'reopen') === to) return ' by an update, only by reopening it'
  return nextLifecycleState(from, 'return') === to ? ' by an update, only by a return' : ''
}

function verdictOf(refusal: LifecycleRefusal): Verdict {
  return {
    status: 'refused',
    code: refusal.code,
    message: refusalMessage(refusal),
    from: refusal.from ?? undefined,
    to: refusal.code === 'return_refused' ? undefined : refusal.to,
  }
}

/**
 * Now, but after everything the session was judged by (a store's clock may be ahead), so that the order of the fold is
 * the order in which commands were applied.
 */
function instantAfter(session: SessionDocument | null, nowMs: number): number {
  const counting = session?.events.filter(({ verdict }) => verdict === undefined || verdict.status === 'applied') ?? []
  return counting.reduce((instant, event) => Math.max(instant, Date.parse(event.at) + 1), nowMs)
}

type Effect = { changes?: RecordedChanges; items?: ReturnedLine[] }

function judge(session: SessionDocument | null, command: LifecycleCommand): Effect | { refusal: LifecycleRefusal } {
  const { action } = lifecycleEvents[command.type]
  // A session that does not exist yet is created as open or closed, by what an open one allows.
  const state = session?.state ?? 'open'
  const from = session?.state ?? null
  if (action !== null && (nextLifecycleState(state, action) === null || (from === null && action !== 'close'))) {
    return { refusal: { code: 'transition_refused', from, to: targets[action] } }
  }
  switch (command.type) {
    case 'session.reopen':
      return {}
    case 'items.return':
      return judgeReturn(session?.lineItems ?? [], command.items, state)
  }
  const stated = command.type === 'session.update' ? (command.stated ?? state) : state
  if (stated !== state) return { refusal: { code: 'transition_refused', from, to: stated } }
  const changes = record(session, command.changes)
  if (state === 'open') return { changes }
  // Many integrations send the whole session with every change of its state: what is as it was is no change.
  if (command.type === 'session.update' || !changesNothing(session, changes)) {
    return { refusal: { code: 'changes_refused', from: state, to: state } }
  }
  return { changes: {} }
}

function record(session: SessionDocument | null, { cartLines, ...changes }: SessionChanges): RecordedChanges {
  const lines = cartLines === undefined ? undefined : nameLines(session, cartLines)
  const given = Object.entries({ ...changes, lines }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

function changesNothing(session: SessionDocument | null, { lines, ...changes }: RecordedChanges): boolean {
  const extras = session?.customerSession
  const before: RecordedChanges = {
    customerId: session?.customerId ?? undefined,
    attributes: session?.attributes,
    couponCodes: extras?.couponCodes ?? [],
    referralCode: extras?.referralCode ?? '',
    loyaltyCards: extras?.loyaltyCards ?? [],
    identifiers: extras?.identifiers ?? [],
    additionalCosts: extras?.additionalCosts ?? {},
  }
  const same = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b)
  const definitions = definitionsOf(session)
  const linesBefore = session?.lineItems.map(withoutTotals)
  const linesAfter = lines?.map((line) => (typeof line === 'string' ? definitions.get(line) : line))
  return same({ ...before, ...changes }, before) && (linesAfter === undefined || same(linesAfter, linesBefore))
}

const withoutTotals = ({ total: _total, returnedQuantity: _returned, ...line }: LineItem): DefinedLine => line

/** Gives the lines of a basket their ids: those of the lines before them with the same SKU, else fresh ones. */
function nameLines(session: SessionDocument | null, wanted: readonly CartLine[]): (DefinedLine | string)[] {
  const definitions = definitionsOf(session)
  const known = new Map<string, LineItem[]>()
  for (const line of session?.lineItems ?? []) known.set(line.sku, [...(known.get(line.sku) ?? []), line])
  const taken = new Set(session?.lineItems.map((line) => line.lineId))
  const counts = new Map<string, number>()
  const freshId = (sku: string): string => {
    // The SKU is what people recognise; with a number it has to stay within the length of an id.
    const base = sku.length <= 240 ? sku : 'line'
    for (;;) {
      const count = (counts.get(base) ?? 0) + 1
      counts.set(base, count)
      const id = count === 1 ? base : `${base}#${count}`
      if (taken.has(id)) continue
      taken.add(id)
      return id
    }
  }
  return wanted.map((line) => {
    const before = known.get(line.sku)?.shift()
    const named: DefinedLine = {
      // What store systems know of a line and a cart item does not say stays.
      department: before?.department,
      storage: before?.storage,
      minAge: before?.minAge,
      ...line,
      lineId: before?.lineId ?? freshId(line.sku),
    }
    return canonicalJson(definitions.get(named.lineId)) === canonicalJson(named) ? named.lineId : named
  })
}

/** Lines as the commands so far last defined them. */
function definitionsOf(session: SessionDocument | null): Map<string, DefinedLine> {
  const definitions = new Map<string, DefinedLine>()
  for (const event of session?.events ?? []) {
    if (!isLifecycleEvent(event) || event.verdict?.status !== 'applied') continue
    for (const line of (event.changes as RecordedChanges | undefined)?.lines ?? []) {
      if (typeof line !== 'string') definitions.set(line.lineId, line)
    }
  }
  return definitions
}

function judgeReturn(
  lines: readonly LineItem[],
  requests: readonly ReturnRequest[],
  from: LifecycleState,
): Effect | { refusal: LifecycleRefusal } {
  const left = new Map(lines.map((line) => [line.lineId, line.quantity - line.returnedQuantity]))
  const returned = new Map<string, number>()
  for (const [item, { position, sku, quantity }] of requests.entries()) {
    const refuse = (part: keyof ReturnRequest | null, reason: string) => ({
      refusal: { code: 'return_refused', from, item, part, reason } satisfies LifecycleRefusal,
    })
    if (position === undefined && sku === undefined) return refuse(null, 'Name the item by position or sku.')
    const placed = position === undefined ? lines : lines.slice(position, position + 1)
    if (placed.length === 0 && position !== undefined) {
      return refuse('position', `The session has no item at position ${position}.`)
    }
    const matching = placed.filter((line) => sku === undefined || line.sku === sku)
    if (matching.length === 0)
      return refuse('sku', `The session has no item with this SKU${position === undefined ? '' : ' at this position'}.`)
    const available = matching.reduce((sum, line) => sum + (left.get(line.lineId) ?? 0), 0)
    let open = quantity ?? available
    if (open > available || open === 0) {
      return refuse('quantity', `${open} cannot be returned: ${available} of this item are left.`)
    }
    for (const { lineId } of matching) {
      const taken = Math.min(open, left.get(lineId) ?? 0)
      if (taken === 0) continue
      left.set(lineId, (left.get(lineId) ?? 0) - taken)
      returned.set(lineId, (returned.get(lineId) ?? 0) + taken)
      open -= taken
    }
  }
  return { items: [...returned].map(([lineId, quantity]) => ({ lineId, quantity })) }
}

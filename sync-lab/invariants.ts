/** What must hold: of every status a window shows, at moments in between, and at the end when everything has settled. */
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ShiftEntry } from '#shared/protocol/shift-entries.ts'
import { seesEmployees } from '#shared/protocol/store-settings.ts'
import { summarize } from '#shared/session/session-summary.ts'
import type { ShiftKey } from '../src-renderer/data/abandoned-api.ts'
import { type DataStatus, noFilter, type SessionQuery, type WorkerApi } from '../src-renderer/data/data-api.ts'
import type { ModelBackend, ProcessedMutation } from './model-backend.ts'
import type { LabWindow, Pending, SimulatedPc } from './simulated-pc.ts'

/** An invariant did not hold. */
export class Violation extends Error {
  constructor(
    readonly invariant: string,
    detail: string,
  ) {
    super(detail)
  }
}

/** What a click on a shift was. */
export interface ShiftRecord {
  key: ShiftKey
  /** Takes it over; else it is a note. */
  acknowledges: boolean
}

/** One click of an employee. */
export interface DecisionRecord {
  /** The mutation's id; null until one was minted. */
  id: string | null
  pc: SimulatedPc
  window: LabWindow
  /** Who was signed in when it began; empty for nobody. */
  employee: string
  /** It began while someone else was signing in; then it belongs to whom the console saved it for. */
  amidSignIn: boolean
  storeId: string
  /** As its mutation names it. */
  sessionId: string
  /** What it is about, where that is no session. */
  shift: ShiftRecord | null
  startedTurn: number
  /** Virtual milliseconds when the console said "saved"; null where it never did. */
  savedAt: number | null
  savedTurn: number | null
  /** The console said that it was not saved. */
  refused: boolean
}

/** What the invariants look at. */
export interface LabView {
  backend: ModelBackend
  pcs: readonly SimulatedPc[]
  decisions: readonly DecisionRecord[]
  stores: readonly string[]
  now: () => number
}

/** What a window shows lags a little behind who is signed in; a click within this time of a sign-in may be either's. */
export const STATUS_LAG_MS = 25
/** Windows of a PC hear of each other's decisions a moment later. */
const OTHER_WINDOW_MS = 2_000

const savedOn = (view: LabView, pc: SimulatedPc, employee: string) =>
  view.decisions.flatMap((decision) => {
    const { id, savedTurn } = decision
    const isOwn = decision.pc === pc && decision.employee === employee && !decision.amidSignIn
    const isPlain = view.now() - (decision.savedAt ?? 0) > STATUS_LAG_MS
    const counts = isOwn && isPlain && id !== null && savedTurn !== null
    return counts ? [{ ...decision, id, savedTurn }] : []
  })

/** "Nothing unsent" is never on the screen while a saved decision has not reached the backend. */
export function checkStatus(view: LabView, pc: SimulatedPc, window: LabWindow, status: DataStatus): Violation | null {
  if (status.identity === null || status.unsent > 0) return null
  const { number } = status.identity.employee
  for (const decision of savedOn(view, pc, number)) {
    if (view.backend.everArrived.has(decision.id)) continue
    const isOld = view.now() - (decision.savedAt ?? 0) > OTHER_WINDOW_MS && !pc.wasFull
    if (decision.window !== window && !isOld) continue
    return new Violation('unsent count', `${window.owner.name} says 0 unsent, but ${decision.id} has not arrived`)
  }
  return null
}

/** Looks for each saved decision of who is signed in, in the window: unsent, in the session's log or its shift's, or a result. */
export function checkVisible(
  view: LabView,
  pc: SimulatedPc,
  window: LabWindow,
  report: (violation: Violation) => void,
): Pending<void> {
  const identity = window.status?.identity
  const number = identity?.employee.number ?? ''
  const known = new Set(identity?.stores.map((store) => store.id))
  const saved = savedOn(view, pc, number).filter(
    ({ storeId, window: at }) => known.has(storeId) && (at === window || !pc.wasFull || !pc.hasSeveralWindows),
  )
  const subjects = new Map(
    saved.map(({ storeId, sessionId }) => [JSON.stringify([storeId, sessionId]), { storeId, sessionId }]),
  )
  return window.start(async (data) => {
    for (const { storeId, sessionId } of subjects.values()) {
      const said = saved.filter((decision) => decision.storeId === storeId && decision.sessionId === sessionId)
      const shift = said[0]?.shift?.key
      const shown =
        shift === undefined
          ? await shownOfSession(storeId, sessionId, data)
          : await shownOfShift(shift, number, said, data)
      if (shown === null) continue
      const results = [...(await data.results({ seen: false })), ...(await data.results({ seen: true }))]
      const seen = new Set([...shown, ...results.map((result) => result.id)])
      // Who is signed in may have changed meanwhile, which the window shows a little later.
      await new Promise((shown) => setTimeout(shown, STATUS_LAG_MS))
      if (window.status?.identity?.employee.number !== number) return
      for (const decision of saved) {
        if (decision.sessionId !== sessionId || decision.storeId !== storeId || seen.has(decision.id)) continue
        // What a shift's list had comes back behind the pulls: the end looks for it.
        if (pc.databaseDeleted && decision.shift !== null) continue
        if (pc.databaseDeleted && view.backend.owner(decision.id)?.verdict.status === 'refused') continue
        report(new Violation('visible', `${decision.id} is nowhere in ${window.owner.name}`))
      }
    }
  })
}

/** Ids of the decisions on a session that a window shows in it; null where the session is not there. */
async function shownOfSession(storeId: string, sessionId: string, data: WorkerApi): Promise<string[] | null> {
  const view = await data.session(storeId, sessionId)
  if (view === null) return null
  return [...view.unsent.map(({ decision }) => decision.id), ...view.document.events.map((event) => event.id)]
}

/**
 * Ids of the decisions on a shift that a window shows in its handover; null where the store was closed meanwhile. Who took
 * it over is shown by name: that stands for all acknowledgements of the employee.
 */
async function shownOfShift(
  key: ShiftKey,
  employee: string,
  said: readonly { id: string; shift: ShiftRecord | null }[],
  data: WorkerApi,
): Promise<string[] | null> {
  const handover = await data.handover(key).catch((error) => {
    if (!(error instanceof RangeError)) throw error
    return null
  })
  if (handover === null) return null
  const { unsent, notes, acknowledged, alsoAcknowledged } = handover
  const isNamed = [acknowledged, ...alsoAcknowledged].some((each) => each?.employee.number === employee)
  const acknowledgements = isNamed ? said.filter(({ shift }) => shift?.acknowledges).map(({ id }) => id) : []
  return [...unsent.map(({ decision }) => decision.id), ...notes.map(({ id }) => id), ...acknowledgements]
}

const everything: SessionQuery = {
  ...noFilter,
  sort: 'startedAt',
  descending: false,
  offset: 0,
  limit: 10_000,
  nowMs: 0,
}

/**
 * All that must hold when everything has settled.
 * @param done resolves to false where the window does not answer
 * @throws Violation
 */
export async function checkEnd(view: LabView, done: (pending: Pending<unknown>) => Promise<boolean>): Promise<void> {
  checkVerdicts(view)
  checkOrder(view)
  for (const pc of view.pcs) {
    checkStores(view, pc)
    for (const window of pc.readyWindows) {
      if (window.status?.identity === null) continue
      const query = window.start((data) => data.sessions(everything))
      if (!(await done(query)) || query.value === null) {
        throw new Violation('quiescence', `${window.owner.name} does not answer`)
      }
      const sees = seesEmployees(window.status?.identity?.employee.role)
      const shown = (document: SessionDocument) => {
        const row = summarize(document)
        return sees ? row : { ...row, checkedBy: null }
      }
      const expected = new Map(
        view.stores.flatMap((id) => view.backend.documents(id).map((document) => [document.id, shown(document)])),
      )
      const { rows, count } = query.value
      if (count !== expected.size) {
        const ids = rows.map((row) => row.id)
        throw new Violation('convergence', `${window.owner.name} lists ${ids}, there are ${[...expected.keys()]}`)
      }
      for (const row of rows) {
        if (canonicalJson(row) !== canonicalJson(expected.get(row.id))) {
          throw new Violation(
            'convergence',
            `${window.owner.name} shows an old row of ${row.id}: ${JSON.stringify(row)}`,
          )
        }
      }
      for (const find of [findRegisterFault, findShiftFault]) {
        const fault = window.start((data) => find(view, window, data))
        if (!(await done(fault))) throw new Violation('quiescence', `${window.owner.name} does not answer`)
        if (fault.state === 'failed') throw fault.error
        if (fault.value !== null) throw new Violation('convergence', `${window.owner.name}: ${fault.value}`)
      }
      const unsent = window.status?.unsent
      if (unsent !== 0) throw new Violation('unsent count', `${window.owner.name} says ${unsent} unsent at the end`)
    }
  }
}

/** A numbered list is fetched behind the pull, and again some time after that failed. */
const LIST_LAG_MS = 30_000

/** What is wrong with the registers of refusals that a window shows; null where they are the backend's. */
async function findRegisterFault(view: LabView, window: LabWindow, data: WorkerApi): Promise<string | null> {
  const until = view.now() + LIST_LAG_MS
  for (const { id } of window.status?.identity?.stores ?? []) {
    for (;;) {
      const { entries, pending, chain } = await data.refusals(id)
      const isSame = canonicalJson(entries) === canonicalJson(view.backend.refusals(id))
      if (isSame && chain.ok && pending.length === 0) break
      const shown = JSON.stringify({ entries, pending, chain })
      if (view.now() > until) return `register of ${id} is ${shown}, not ${JSON.stringify(view.backend.refusals(id))}`
      await new Promise((tried) => setTimeout(tried, 1_000))
    }
  }
  return null
}

/** What is wrong with the shifts that a window shows; null where all that was said of them is the backend's. */
async function findShiftFault(view: LabView, window: LabWindow, data: WorkerApi): Promise<string | null> {
  const until = view.now() + LIST_LAG_MS
  const keys = new Map(
    view.decisions.flatMap(({ shift }) => (shift === null ? [] : [[JSON.stringify(shift.key), shift.key]])),
  )
  for (const key of keys.values()) {
    if (!window.status?.identity?.stores.some(({ id }) => id === key.storeId)) continue
    const expected = saidOfShift(view.backend.shiftEntries(key.storeId), key)
    for (;;) {
      const { notes, acknowledged, alsoAcknowledged } = await data.handover(key)
      const shown = canonicalJson({
        notes: notes
          .filter(({ sessionId }) => sessionId === null)
          .map(({ id }) => id)
          .sort(),
        acknowledged: [acknowledged, ...alsoAcknowledged].flatMap((each) => each?.employee.number ?? []),
      })
      if (shown === expected) break
      if (view.now() > until) return `shift ${JSON.stringify(key)} is ${shown}, not ${expected}`
      await new Promise((tried) => setTimeout(tried, 1_000))
    }
  }
  return null
}

/** Ids of the notes on a shift and, the first first, who took it over. */
function saidOfShift(entries: readonly ShiftEntry[], { date, shift }: ShiftKey): string {
  const said = entries.filter((entry) => entry.date === date && entry.shift === shift)
  return canonicalJson({
    notes: said
      .filter(({ type }) => type === 'note')
      .map(({ id }) => id)
      .sort(),
    acknowledged: said.filter(({ type }) => type === 'acknowledged').map(({ employee }) => employee.number),
  })
}

/** Each saved decision has one verdict at the backend, and stands once in its session or among its store's shift entries. */
function checkVerdicts(view: LabView): void {
  const places = new Map<string, number>()
  for (const storeId of view.stores) {
    for (const document of view.backend.documents(storeId)) {
      for (const event of document.events) places.set(event.id, (places.get(event.id) ?? 0) + 1)
    }
    for (const { id } of view.backend.shiftEntries(storeId)) places.set(id, (places.get(id) ?? 0) + 1)
  }
  for (const decision of view.decisions) {
    const { id, storeId, sessionId, shift } = decision
    if (id === null) continue
    const owner = view.backend.owner(id)
    if (decision.savedTurn === null) {
      if (decision.refused && owner !== undefined) {
        throw new Violation('told the truth', `${id} was said not to be saved, but counted`)
      }
      continue
    }
    if (owner === undefined) throw new Violation('lost', `${id}, saved on ${decision.pc.name}, has no verdict`)
    if (owner.employeeNumber !== decision.employee && !decision.amidSignIn) {
      throw new Violation('told the truth', `${id} of ${decision.employee} counts as one of ${owner.employeeNumber}`)
    }
    const leavesEvent = owner.verdict.status !== 'refused'
    const isThere = shift !== null || view.backend.document(storeId, sessionId) !== undefined
    const count = places.get(id) ?? 0
    if (count > 1) throw new Violation('once', `${id} stands ${count} times in sessions`)
    if (leavesEvent && isThere && count === 0) throw new Violation('lost', `${id} has a verdict but no event`)
  }
  for (const use of view.backend.processed()) {
    if (!use.ownsId && use.verdict.status !== 'duplicate') {
      throw new Violation('once', `${use.mutationId} was sent twice with different content`)
    }
  }
}

/** What was saved before another decision was begun, on one PC by one employee for one store, arrives before it. */
function checkOrder(view: LabView): void {
  const arrived = view.decisions.flatMap((decision) => {
    const owner: ProcessedMutation | undefined = decision.id === null ? undefined : view.backend.owner(decision.id)
    return owner === undefined || decision.savedTurn === null ? [] : [{ ...decision, arrival: owner.arrival }]
  })
  for (const earlier of arrived) {
    for (const later of arrived) {
      const sameLine =
        earlier.pc === later.pc && earlier.employee === later.employee && earlier.storeId === later.storeId
      if (!sameLine || (earlier.savedTurn ?? 0) > later.startedTurn || earlier.arrival < later.arrival) continue
      if (earlier.id === later.id) continue
      throw new Violation('order', `${later.id} arrived before ${earlier.id}, which was saved before it was begun`)
    }
  }
}

/** Outbox and journal are empty, and the documents kept are the backend's. */
function checkStores(view: LabView, pc: SimulatedPc): void {
  const unsent = pc.ownersOfUnsent()
  if (unsent.length > 0) throw new Violation('emptied', `${pc.name} still has decisions of ${unsent}`)
  for (const { storeId, id, document } of pc.keptDocuments()) {
    const there = view.backend.document(storeId, id)
    if (there === undefined) throw new Violation('convergence', `${pc.name} keeps ${id}, which was deleted`)
    if (canonicalJson(stripped(document)) !== canonicalJson(there)) {
      throw new Violation(
        'convergence',
        `${pc.name} keeps version ${document.version} of ${id}, the backend has ${there.version}`,
      )
    }
  }
}

/** Without what a newer protocol added. */
function stripped(document: SessionDocument & { laterField?: string }): SessionDocument {
  const { laterField: _later, ...rest } = document
  return rest
}

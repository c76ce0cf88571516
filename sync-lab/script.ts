/** The script of one run: which PCs and stores there are, and what people, systems and accidents do, step by step. */
import { Random } from '../simulator/random.ts'
import { type CallFault, callFaults } from './network.ts'
import type { PcSetup } from './simulated-pc.ts'

export const decisionKinds = [
  'acknowledge',
  'release',
  'take_over',
  'approve',
  'reject',
  'request',
  'review',
  'put_back',
  'note',
  'shift_note',
  'shift_acknowledge',
] as const
export type DecisionKind = (typeof decisionKinds)[number]
export const factKinds = ['start', 'item', 'check', 'withdraw', 'pay', 'exit', 'cancel'] as const
export type FactKind = (typeof factKinds)[number]

/**
 * One step. Numbers that name things (PC, store, session, employee, window) count modulo what there is, so a step keeps its
 * meaning when others are dropped. Times are milliseconds.
 */
export type Action =
  | { op: 'decide'; pc: number; window: number; store: number; session: number; kind: DecisionKind; check: number }
  | { op: 'fact'; store: number; session: number; kind: FactKind; agoMs: number }
  | { op: 'sign_in'; pc: number; employee: number }
  | { op: 'sign_out'; pc: number }
  | { op: 'line'; pc: number; state: 'open' | 'cut' | 'silent' }
  | { op: 'call_fault'; pc: number; fault: CallFault; path: string; count: number }
  | { op: 'backend_dies'; afterMutations: number; downMs: number }
  | { op: 'backend_down'; downMs: number }
  | { op: 'expire_tokens' }
  | { op: 'revoke'; employee: number }
  /** Counts its turns from the next answer to a call whose path contains `afterAnswer`; from now on without one. */
  | { op: 'kill'; pc: number; afterAnswer?: string; afterTurns: number; downMs: number; cut: number }
  | { op: 'restart'; pc: number }
  | { op: 'close_window'; pc: number; window: number }
  | { op: 'open_window'; pc: number }
  | { op: 'database_full'; pc: number; on: boolean }
  | { op: 'disk_space'; pc: number; bytes: number | null }
  | { op: 'low_storage'; pc: number; on: boolean }
  | { op: 'clock'; pc: number; jumpMs: number }
  | { op: 'sleep'; pc: number; ms: number }
  | { op: 'access'; employee: number; store: number; given: boolean }
  | { op: 'delete_session'; store: number; session: number }
  | { op: 'settings'; store: number; inactivityMinutes: number }
  | { op: 'upgrade_protocol' }
  | { op: 'update_app'; pc: number }
  | { op: 'move_unsent'; from: number; to: number }
  | { op: 'see_results'; pc: number }
  | { op: 'sync_now'; pc: number }
  // At most one of these three kinds in a run: where outbox and journal, or console and backend, go at once, nothing is left.
  | { op: 'delete_database'; pc: number; whileOff: boolean }
  | { op: 'lose_journal'; pc: number; downMs: number }
  | { op: 'backup' }
  | { op: 'restore_backup'; which: number }

export type Op = Action['op']
export type Step = Action & {
  /** Time that passes after it. */
  waitMs: number
}

export interface Script {
  seed: number
  pcs: PcSetup[]
  stores: number
  /** Sessions per store at the beginning. */
  sessions: number
  steps: Step[]
}

/** How often each step comes, beside the others. 0 switches it off. */
export const stepWeights: Record<Op, number> = {
  decide: 18,
  fact: 12,
  sign_in: 4,
  sign_out: 2,
  line: 6,
  call_fault: 10,
  backend_dies: 2,
  backend_down: 1,
  expire_tokens: 2,
  revoke: 1,
  kill: 10,
  restart: 1,
  close_window: 1,
  open_window: 2,
  database_full: 2,
  disk_space: 2,
  low_storage: 1,
  clock: 3,
  sleep: 1,
  access: 1,
  delete_session: 0.5,
  settings: 0.5,
  upgrade_protocol: 0.2,
  update_app: 0.5,
  move_unsent: 1,
  see_results: 1,
  sync_now: 1,
  delete_database: 1.5,
  lose_journal: 1,
  backup: 1,
  restore_backup: 1,
}

/** Steps that any run has; of the others each run picks some, so that rare ones meet often. */
const ALWAYS: readonly Op[] = ['decide', 'fact', 'sign_in', 'line', 'call_fault', 'kill']
const FAVOURITE_WEIGHT = 12
/** How likely another decision on the same PC follows a decision, and anything else that happened there. */
const BURST = 0.35
const AFTERMATH = 0.3
const CATASTROPHES: readonly (readonly Op[])[] = [
  [],
  [],
  ['delete_database'],
  ['lose_journal'],
  ['backup', 'restore_backup'],
]
const EXCLUSIVE: ReadonlySet<Op> = new Set(CATASTROPHES.flat())

const PATHS = ['/sync/mutations', '/changes', '/manifest', '/days/', '/sessions', '/auth/', '/sync/events', '']
const KILL_PATHS = ['/changes', '/changes', '/sync/mutations', '/manifest', '/auth/']
const CLOCK_JUMPS = [-365 * 86_400_000, -86_400_000, -3_600_000, 60_000, 86_400_000, 365 * 86_400_000]

/** The script of a seed. */
export function writeScript(seed: number): Script {
  const random = new Random('script', seed)
  const pcCount = random.weighted([1, 2, 3], (count) => [4, 4, 1][count - 1] ?? 0)
  const pcs = Array.from(
    { length: pcCount },
    (): PcSetup => ({
      kind: random.chance(0.7) ? 'desktop' : 'browser',
      keepsSignIn: random.chance(0.7),
      windows: random.chance(0.25) ? 2 : 1,
      skewMs: random.chance(0.3) ? random.pick(CLOCK_JUMPS) : random.int(-3_000, 3_000),
    }),
  )
  const catastrophe = random.pick(CATASTROPHES)
  const enabled = (Object.keys(stepWeights) as Op[]).filter((op) =>
    EXCLUSIVE.has(op) ? catastrophe.includes(op) : ALWAYS.includes(op) || random.chance(0.4),
  )
  // Each run has accidents of its own that come again and again.
  const rare = enabled.filter((op) => !ALWAYS.includes(op))
  const favourites = new Set([random.pick(rare), random.pick(rare)])
  const weightOf = (op: Op) => (favourites.has(op) ? Math.max(FAVOURITE_WEIGHT, stepWeights[op]) : stepWeights[op])
  const length = random.int(8, 36)
  // Some runs are hectic, some leave time for everything to settle between steps.
  const pace = random.pick([20, 200, 1_500])
  const steps: Step[] = []
  const add = (action: Action) => steps.push({ ...action, waitMs: Math.round(pace * random.exponential()) })
  while (steps.length < length) {
    const action = writeAction(random.weighted(enabled, weightOf), random)
    add(action)
    // Decisions come in bursts, and people go on deciding where something just went wrong.
    if (!('pc' in action)) continue
    while (random.chance(action.op === 'decide' ? BURST : AFTERMATH)) {
      const again = writeAction('decide', random)
      if (again.op === 'decide') add({ ...again, pc: action.pc, window: 0 })
    }
  }
  return { seed, pcs, stores: random.chance(0.3) ? 2 : 1, sessions: random.int(1, 5), steps }
}

function writeAction(op: Op, random: Random): Action {
  const any = () => random.int(0, 11)
  switch (op) {
    case 'decide':
      return {
        op,
        pc: any(),
        window: any(),
        store: any(),
        session: any(),
        kind: random.pick(decisionKinds),
        check: any(),
      }
    case 'fact':
      return {
        op,
        store: any(),
        session: any(),
        kind: random.weighted(factKinds, (kind) => (kind === 'exit' || kind === 'cancel' ? 0.4 : 1)),
        agoMs: random.chance(0.2) ? random.int(0, 600_000) : 0,
      }
    case 'sign_in':
      return { op, pc: any(), employee: random.weighted([0, 1, 2], (employee) => (employee === 0 ? 2 : 1)) }
    case 'line':
      return { op, pc: any(), state: random.weighted(['open', 'cut', 'silent'], (s) => (s === 'silent' ? 1 : 2)) }
    case 'call_fault':
      return {
        op,
        pc: any(),
        fault: random.pick(callFaults),
        path: random.pick(PATHS),
        count: random.chance(0.2) ? random.int(2, 6) : 1,
      }
    case 'backend_dies':
      return { op, afterMutations: random.int(0, 3), downMs: random.int(100, 8_000) }
    case 'backend_down':
      return { op, downMs: random.int(100, 8_000) }
    case 'revoke':
      return { op, employee: any() }
    case 'kill': {
      const afterAnswer = random.chance(0.65) ? random.pick(KILL_PATHS) : undefined
      const afterTurns = afterAnswer ? random.int(1, 45) : random.chance(0.2) ? 0 : random.int(1, 120)
      return { op, pc: any(), afterAnswer, afterTurns, downMs: random.int(0, 1_500), cut: random.int(0, 1_000_000) }
    }
    case 'close_window':
      return { op, pc: any(), window: any() }
    case 'database_full':
    case 'low_storage':
      return { op, pc: any(), on: random.chance(0.6) }
    case 'disk_space':
      return { op, pc: any(), bytes: random.chance(0.4) ? null : random.int(0, 900) }
    case 'clock':
      return { op, pc: any(), jumpMs: random.pick(CLOCK_JUMPS) }
    case 'sleep':
      return { op, pc: any(), ms: random.chance(0.3) ? 1_000_000 : random.int(1_000, 120_000) }
    case 'access':
      return { op, employee: any(), store: any(), given: random.chance(0.6) }
    case 'delete_session':
      return { op, store: any(), session: any() }
    case 'settings':
      return { op, store: any(), inactivityMinutes: random.pick([1, 30, 240]) }
    case 'move_unsent':
      return { op, from: any(), to: any() }
    case 'lose_journal':
      return { op, pc: any(), downMs: random.int(0, 5_000) }
    case 'restore_backup':
      return { op, which: any() }
    case 'sign_out':
    case 'restart':
    case 'open_window':
    case 'update_app':
    case 'see_results':
    case 'sync_now':
      return { op, pc: any() }
    case 'delete_database':
      return { op, pc: any(), whileOff: random.chance(0.6) }
    case 'expire_tokens':
    case 'upgrade_protocol':
    case 'backup':
      return { op }
  }
}

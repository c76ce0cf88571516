/** One run of the deterministic world: a script in, the first broken invariant (or none) and a hash of all that happened out. */
import { createHash } from 'node:crypto'
import { itemOutcomeSchema } from '#shared/protocol/decisions.ts'
import { shiftSessionId } from '#shared/protocol/shift-entries.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { HEARTBEAT_INTERVAL_MS } from '#shared/protocol/sync.ts'
import { Random } from '../simulator/random.ts'
import type { DataStatus, DecisionInput, WorkerApi } from '../src-renderer/data/data-api.ts'
import {
  checkEnd,
  checkStatus,
  checkVisible,
  type DecisionRecord,
  type LabView,
  type ShiftRecord,
  STATUS_LAG_MS,
  Violation,
} from './invariants.ts'
import { type Backup, ModelBackend } from './model-backend.ts'
import { Network } from './network.ts'
import type { PlantedBug } from './planted-bugs.ts'
import type { DecisionKind, Script, Step } from './script.ts'
import { type LabWindow, SimulatedPc } from './simulated-pc.ts'
import { BASKET_LINES, StoreSystem } from './store-system.ts'
import { type Owner, VirtualTime } from './virtual-time.ts'

/** When every world begins: a morning in Berlin. */
const WORLD_BEGIN = Date.UTC(2026, 2, 10, 9)
const EXPIRY_INTERVAL_MS = 60_000
/** Longer than any pause of the console's own, its housekeeping included. */
const SETTLE_LIMIT_MS = 900_000
const SETTLE_LOOK_MS = 200
const POLL_LIMIT_MS = 120_000
const MAX_TURNS = 400_000
export const employees = ['100', '200', '300'] as const
const storeNames = ['berlin', 'paris'] as const
/** Of the day on which every world begins. */
const SHIFTS = [
  { date: '2026-03-10', shift: 'Early' },
  { date: '2026-03-10', shift: 'Late' },
] as const

export interface RunResult {
  violation: { invariant: string; detail: string } | null
  /** SHA-256 over everything that happened, in order. */
  hash: string
  turns: number
  decisions: number
  /** Messages that the product wrote to the console, and rejections that nobody handled. */
  complaints: string[]
}

export interface SimulationOptions {
  plant?: PlantedBug | null
  /** Hears every line of the trace. */
  onTrace?: (line: string) => void
}

let runs = 0

/** Runs a script to its end. One at a time: the global timers and the console are the world's meanwhile. */
export async function simulate(script: Script, options: SimulationOptions = {}): Promise<RunResult> {
  runs += 1
  return new Simulation(script, options, `lab${runs}`).run()
}

class Simulation {
  readonly #script: Script
  readonly #time: VirtualTime
  readonly #backend: ModelBackend
  readonly #network: Network
  readonly #pcs: SimulatedPc[]
  readonly #stores: string[]
  readonly #storeSystem: StoreSystem
  readonly #decisions: DecisionRecord[] = []
  readonly #backups: Backup[] = []
  readonly #complaints: string[] = []
  readonly #hash = createHash('sha256')
  readonly #options: SimulationOptions
  readonly #kills = new Map<
    SimulatedPc,
    { counting: boolean; turnsLeft: number; step: Extract<Step, { op: 'kill' }> }
  >()
  /** Per window the clicks that wait until the one before them has its id. */
  readonly #minting = new Map<LabWindow, (() => void)[]>()
  readonly #view: LabView
  #violation: Violation | null = null
  #upgraded = false
  #isOver = false

  constructor(script: Script, options: SimulationOptions, runName: string) {
    this.#script = script
    this.#options = options
    const randomFor = (purpose: string) => new Random('world', script.seed, purpose)
    this.#time = new VirtualTime(randomFor('schedule'))
    const trueNow = () => WORLD_BEGIN + this.#time.now
    this.#stores = storeNames.slice(0, script.stores)
    const delay = options.plant?.commitDelayMs
    this.#backend = new ModelBackend({
      now: trueNow,
      bootstrap: bootstrapSchema.parse({
        stores: storeNames.map((id) => ({ id, name: id, timezone: 'Europe/Berlin', currency: 'EUR' })),
        employees: employees.map((number) => ({
          number,
          name: `Name ${number}`,
          password: `secret ${number}`,
          role: 'supervisor',
          stores: this.#stores,
        })),
      }),
      ...(delay === undefined
        ? {}
        : { deferCommit: (commit) => void this.#time.after(delay, this.#time.world, commit) }),
    })
    this.#storeSystem = new StoreSystem(this.#backend, trueNow)
    const note = (text: string) => this.#note(text)
    this.#network = new Network(this.#time, this.#backend, randomFor('network'), note, () => this.#backendDown(1_000))
    this.#pcs = script.pcs.map(
      (setup, index) =>
        new SimulatedPc(index, setup, {
          time: this.#time,
          network: this.#network,
          trueNow,
          randomFor,
          note,
          onStatus: (pc, window, status) => this.#heardStatus(pc, window, status),
          plant: options.plant ?? null,
          runName,
        }),
    )
    for (const pc of this.#pcs) {
      pc.line.onAnswer = (path) => {
        const kill = this.#kills.get(pc)
        const awaited = kill?.step.afterAnswer
        if (kill !== undefined && awaited !== undefined && path.includes(awaited)) kill.counting = true
      }
    }
    this.#view = {
      backend: this.#backend,
      pcs: this.#pcs,
      decisions: this.#decisions,
      stores: this.#stores,
      now: () => this.#time.now,
    }
  }

  async run(): Promise<RunResult> {
    const restore = this.#takeOver()
    try {
      await this.#play()
      await this.#settle()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.#violation ??= error
    } finally {
      this.#isOver = true
      for (const pc of this.#pcs) pc.dispose()
      // What closing woke up must still meet this world's timers.
      await this.#time.drain()
      restore()
    }
    const violation = this.#violation
    return {
      violation: violation === null ? null : { invariant: violation.invariant, detail: violation.message },
      hash: this.#hash.digest('hex'),
      turns: this.#time.turns,
      decisions: this.#decisions.filter((decision) => decision.savedAt !== null).length,
      complaints: this.#complaints,
    }
  }

  // --- the world around the script -----------------------------------------------------------------------------------

  /** Puts the world's timers, console and rejections in the place of the real ones; answers how to give them back. */
  #takeOver(): () => void {
    const restoreTimers = this.#time.install()
    const { error, info, warn, log } = console
    const complain = (...words: unknown[]) => {
      const text = words
        .map((word) => (word instanceof Error ? `${word.name}: ${word.message}` : String(word)))
        .join(' ')
      this.#complaints.push(text)
      this.#note(`console: ${text}`)
    }
    Object.assign(console, { error: complain, info: complain, warn: complain })
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => complain('unhandled rejection', reason))
    this.#time.onError = (thrown, owner) => complain(`thrown in ${owner.name}`, thrown)
    this.#time.afterTurn = (owner) => this.#afterTurn(owner)
    return () => {
      restoreTimers()
      Object.assign(console, { error, info, warn, log })
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
  }

  #note(text: string): void {
    if (this.#isOver) return
    const line = `${this.#time.now} ${this.#time.turns} ${text}\n`
    this.#hash.update(line)
    this.#options.onTrace?.(line)
  }

  #afterTurn(owner: Owner): void {
    if (this.#time.turns > MAX_TURNS) throw new Violation('quiescence', 'the world never comes to rest')
    for (const [pc, kill] of this.#kills) {
      if (!kill.counting || !owner.name.startsWith(`${pc.name}.`)) continue
      kill.turnsLeft -= 1
      if (kill.turnsLeft <= 0) this.#kill(pc, kill.step)
    }
    if (this.#violation !== null) throw this.#violation
  }

  #kill(pc: SimulatedPc, step: { cut: number; downMs: number }): void {
    this.#kills.delete(pc)
    if (pc.state === 'off') return
    this.#note(`${pc.name} dies`)
    const random = new Random('cut', step.cut)
    pc.kill((below) => random.int(0, below - 1))
    this.#bootAfter(pc, step.downMs)
  }

  #bootAfter(pc: SimulatedPc, ms: number): void {
    this.#time.after(ms, this.#time.world, () => pc.boot(pc.setup.windows))
  }

  #backendDown(ms: number): void {
    this.#backend.diesAfter = Number.POSITIVE_INFINITY
    this.#network.backendUp = false
    this.#backend.endStreams()
    this.#time.after(ms, this.#time.world, () => {
      this.#network.backendUp = true
    })
  }

  #heardStatus(pc: SimulatedPc, window: LabWindow, status: DataStatus): void {
    const { connection, unsent, unseenResults, signInNeeded } = status
    const who = status.identity?.employee.number ?? 'nobody'
    this.#note(`${window.owner.name} shows ${who} ${connection} ${unsent} ${unseenResults} ${signInNeeded}`)
    this.#violation ??= checkStatus(this.#view, pc, window, status)
  }

  // --- the script ------------------------------------------------------------------------------------------------------

  async #play(): Promise<void> {
    const every = (ms: number, act: () => void) => {
      const again = () =>
        this.#time.after(ms, this.#time.world, () => {
          act()
          again()
        })
      again()
    }
    every(HEARTBEAT_INTERVAL_MS, () => this.#backend.heartbeat())
    every(EXPIRY_INTERVAL_MS, () => {
      this.#backend.expireSessions()
      this.#backend.lapseChecks()
    })
    for (const storeId of this.#stores) {
      for (let count = 0; count < this.#script.sessions; count += 1) this.#storeSystem.startSession(storeId, 0)
    }
    const random = new Random('checks', this.#script.seed)
    for (const [index, pc] of this.#pcs.entries()) {
      pc.boot(pc.setup.windows)
      await this.#time.until(() => pc.readyWindows.length > 0, 5_000)
      this.#signIn(pc, index)
    }
    await this.#time.runFor(2_000)
    for (const step of this.#script.steps) {
      this.#note(`step ${JSON.stringify(step)}`)
      this.#take(step)
      await this.#time.runFor(step.waitMs)
      if (random.chance(0.25)) this.#lookAround(random)
    }
  }

  #take(step: Step): void {
    switch (step.op) {
      case 'decide':
        this.#decide(step)
        return
      case 'fact':
        this.#storeSystem.report(this.#store(step.store), step.session, step.kind, step.agoMs)
        return
      case 'delete_session': {
        const storeId = this.#store(step.store)
        this.#backend.deleteSession(storeId, this.#storeSystem.giveUp(storeId, step.session))
        return
      }
      case 'settings': {
        const expiry = { mode: 'inactivity', inactivityMinutes: step.inactivityMinutes } as const
        this.#backend.changeSettings(this.#store(step.store), { expiry })
        return
      }
      case 'access': {
        const employee = employees[step.employee % employees.length] ?? employees[0]
        const storeId = this.#store(step.store)
        const others = this.#backend.storesOf(employee).filter((id) => id !== storeId)
        this.#backend.setAccess(employee, step.given ? [...others, storeId].sort() : others)
        return
      }
      case 'revoke':
        this.#backend.revoke(employees[step.employee % employees.length] ?? employees[0])
        return
      case 'expire_tokens':
        this.#backend.expireAccessTokens()
        return
      case 'backend_dies':
        this.#backend.diesAfter = step.afterMutations
        return
      case 'backend_down':
        this.#backendDown(step.downMs)
        return
      case 'backup':
        this.#backups.push(this.#backend.backup())
        return
      case 'restore_backup': {
        const backup = this.#backups[step.which % Math.max(1, this.#backups.length)]
        if (backup !== undefined) this.#backend.restore(backup)
        return
      }
      case 'upgrade_protocol':
        this.#upgraded = true
        this.#backend.accepts = ['2']
        this.#backend.extraFields = true
        return
      case 'move_unsent':
        this.#moveUnsent(this.#pc(step.from), this.#pc(step.to))
        return
      default:
        this.#takeOnPc(step, this.#pc(step.pc))
        return
    }
  }

  #takeOnPc(step: Extract<Step, { pc: number }>, pc: SimulatedPc): void {
    const window = pc.readyWindows[0]
    switch (step.op) {
      case 'sign_in':
        this.#signIn(pc, step.employee)
        return
      case 'sign_out':
        window?.start((data) => data.signOut())
        return
      case 'line':
        pc.line.state = step.state
        if (step.state === 'cut') for (const breakStream of [...pc.line.breakStreams]) breakStream()
        return
      case 'call_fault':
        pc.line.armed.push({ fault: step.fault, path: step.path, left: step.count })
        return
      case 'kill':
        if (pc.isAsleep) return
        if (step.afterTurns === 0) this.#kill(pc, step)
        else this.#kills.set(pc, { counting: step.afterAnswer === undefined, turnsLeft: step.afterTurns, step })
        return
      case 'restart':
        if (pc.isAsleep || pc.state === 'off') return
        pc.quit()
        pc.boot(pc.setup.windows)
        return
      case 'update_app':
        if (pc.isAsleep || !this.#upgraded) return
        pc.quit()
        pc.protocolVersion = '2'
        pc.boot(pc.setup.windows)
        return
      case 'close_window': {
        const open = pc.readyWindows
        const chosen = open[step.window % Math.max(1, open.length)]
        if (open.length > 1 && chosen !== undefined && !pc.isAsleep) pc.closeWindow(chosen)
        return
      }
      case 'open_window':
        if (!pc.isAsleep && pc.readyWindows.length === 1) pc.openWindow()
        return
      case 'database_full':
        pc.idb.full = step.on
        pc.wasFull ||= step.on
        return
      case 'disk_space':
        pc.diskSpace = step.bytes
        pc.applyDiskSpace()
        return
      case 'low_storage':
        pc.lowStorage = step.on
        return
      case 'clock':
        pc.wallOffsetMs += step.jumpMs
        return
      case 'sleep':
        if (pc.state === 'off' || pc.isAsleep) return
        this.#kills.delete(pc)
        pc.sleep()
        this.#time.after(step.ms, this.#time.world, () => pc.wake())
        return
      case 'see_results':
        window?.start(async (data) => {
          const results = await data.results({ seen: false })
          await data.markResultsSeen(results.map(({ id }) => id))
        })
        return
      case 'sync_now':
        window?.start((data) => data.syncNow())
        return
      case 'delete_database':
        // A browser's database is the only copy of what it has not sent.
        if (pc.setup.kind === 'browser' || pc.isAsleep) return
        pc.databaseDeleted = true
        if (step.whileOff) pc.quit()
        pc.idb.wipe()
        if (step.whileOff) pc.boot(pc.setup.windows)
        return
      case 'lose_journal':
        // What IndexedDB had no room for is in the journal only.
        if (pc.wasFull || pc.isAsleep) return
        this.#loseJournal(pc, step.downMs)
        return
    }
  }

  #loseJournal(pc: SimulatedPc, downMs: number): void {
    if (pc.state === 'off' || pc.setup.kind === 'browser') return
    pc.quit()
    pc.loseJournal()
    this.#bootAfter(pc, downMs)
  }

  #signIn(pc: SimulatedPc, employee: number): void {
    const number = employees[employee % employees.length] ?? employees[0]
    pc.readyWindows[0]?.start((data) => data.signIn(number, `secret ${number}`))
  }

  #decide(step: Extract<Step, { op: 'decide' }>): void {
    const pc = this.#pc(step.pc)
    const open = pc.readyWindows
    const window = open[step.window % Math.max(1, open.length)]
    if (window === undefined) return
    if (window.status?.identity === null) {
      this.#signIn(pc, step.check)
      return
    }
    const storeId = this.#store(step.store)
    const { sessionId, shift, say } = this.#deedOf(step, storeId)
    const record: DecisionRecord = {
      id: null,
      pc,
      window,
      employee: '',
      amidSignIn: false,
      storeId,
      sessionId,
      shift,
      startedTurn: this.#time.turns,
      savedAt: null,
      savedTurn: null,
      refused: false,
    }
    // One at a time up to its id, or nobody could tell which id is whose.
    const begin = () => {
      const minted: string[] = []
      let hasId = false
      const next = () => {
        if (hasId) return
        hasId = true
        window.onMint = null
        const following = this.#minting.get(window)?.shift()
        if (following === undefined) this.#minting.delete(window)
        else following()
      }
      window.start(async (data) => {
        const shown = window.status?.identity?.employee.number ?? ''
        record.employee = shown
        record.startedTurn = this.#time.turns
        // What a window shows lags a little behind who is signed in: nobody clicks that fast.
        this.#time.after(STATUS_LAG_MS, this.#time.world, () => {
          if (window.status?.identity?.employee.number !== shown) record.amidSignIn = true
        })
        window.onMint = (id) => {
          minted.push(id)
          record.id ??= id
          if (pc.setup.kind === 'desktop') next()
        }
        const outcome = await say(data)
        this.#note(`decided ${record.id} ${JSON.stringify(outcome)}`)
        if (outcome.ok) {
          record.id = pc.storedIdOf(minted) ?? record.id
          this.#time.after(STATUS_LAG_MS, this.#time.world, () => {
            if (record.amidSignIn) record.employee = pc.ownerOf(record.id ?? '') ?? record.employee
          })
          record.savedAt = this.#time.now
          record.savedTurn = this.#time.turns
        } else record.refused = true
        next()
      })
      this.#decisions.push(record)
    }
    const queue = this.#minting.get(window)
    if (queue === undefined) {
      this.#minting.set(window, [])
      begin()
    } else queue.push(begin)
  }

  /** What a click says, and of which session or shift. */
  #deedOf({ kind, session, check }: Extract<Step, { op: 'decide' }>, storeId: string): Deed {
    if (kind === 'shift_note' || kind === 'shift_acknowledge') {
      const key = { ...(SHIFTS[session % SHIFTS.length] ?? SHIFTS[0]), storeId }
      const shift = { key, acknowledges: kind === 'shift_acknowledge' }
      return { sessionId: shiftSessionId(key), shift, say: (data) => sayOfShift(shift, data) }
    }
    const sessionId = this.#storeSystem.sessionOf(storeId, session)
    const input = inputOf(kind, this.#storeSystem.checkOf(sessionId, check), check)
    return { sessionId, shift: null, say: (data) => data.decide(storeId, sessionId, input) }
  }

  #moveUnsent(from: SimulatedPc, to: SimulatedPc): void {
    const source = from.readyWindows[0]
    const target = to.readyWindows[0]
    if (source === undefined || target === undefined || from === to) return
    source.start(async (data) => {
      const file = await data.exportUnsent()
      target.start((other) => other.importUnsent(file.text))
    })
  }

  #lookAround(random: Random): void {
    const pc = random.pick(this.#pcs)
    const window = pc.readyWindows[0]
    if (window === undefined || pc.isAsleep) return
    void checkVisible(this.#view, pc, window, (violation) => {
      this.#violation ??= violation
    })
  }

  // --- the end: everything works again, and everyone signs in where they decided ----------------------------------------

  async #settle(): Promise<void> {
    this.#note('heal')
    this.#kills.clear()
    this.#network.backendUp = true
    this.#backend.diesAfter = Number.POSITIVE_INFINITY
    for (const employee of employees) this.#backend.setAccess(employee, [...this.#stores])
    // A console learns of stores it may see again when it refreshes.
    this.#backend.expireAccessTokens()
    for (const pc of this.#pcs) {
      pc.wake()
      pc.line.state = 'open'
      pc.line.armed.splice(0)
      pc.idb.full = false
      pc.lowStorage = false
      pc.diskSpace = null
      pc.applyDiskSpace()
      if (this.#upgraded && pc.protocolVersion !== '2') {
        pc.quit()
        pc.protocolVersion = '2'
      }
      pc.boot(pc.setup.windows)
    }
    // Timeouts of what hung in the network run out.
    await this.#time.runFor(65_000)
    for (const pc of this.#pcs) {
      await this.#time.until(() => pc.readyWindows.length > 0, 10_000)
      const done = new Set<string>()
      for (let owner = this.#ownerLeft(pc, done); owner !== null; owner = this.#ownerLeft(pc, done)) {
        done.add(owner)
        await this.#settleOwner(pc, owner)
      }
    }
    // What the last of them sent reaches the others by a poke, or by the next poll where that was lost.
    await this.#time.until(() => this.#pcs.every((pc) => this.#isQuiet(pc, '')), POLL_LIMIT_MS)
    await this.#time.runFor(2_000)
    await checkEnd(this.#view, (pending) => this.#time.until(() => pending.state !== 'running', 60_000))
  }

  /** An employee who has decided on the PC, or has something waiting there, and was not signed in for the end yet. */
  #ownerLeft(pc: SimulatedPc, done: ReadonlySet<string>): string | null {
    const decided = this.#decisions.filter((decision) => decision.pc === pc).map((decision) => decision.employee)
    const owner = [...decided, ...pc.ownersOfUnsent()].find((number) => number !== '' && !done.has(number))
    // Where nobody decided somebody signs in all the same, or that PC would stay as old as it is.
    return owner ?? (done.size === 0 ? employees[0] : null)
  }

  async #settleOwner(pc: SimulatedPc, owner: string): Promise<void> {
    const end = this.#time.now + SETTLE_LIMIT_MS
    let lastTry = Number.NEGATIVE_INFINITY
    const signedIn = () => {
      const status = pc.readyWindows[0]?.status
      return status?.identity?.employee.number === owner && !status.signInNeeded
    }
    while (this.#time.now < end) {
      if (!signedIn() && this.#time.now - lastTry > 20_000) {
        lastTry = this.#time.now
        this.#signIn(pc, employees.indexOf(owner as (typeof employees)[number]))
      }
      await this.#time.runFor(SETTLE_LOOK_MS)
      if (signedIn() && this.#isQuiet(pc, owner)) {
        await this.#checkAllVisible(pc)
        return
      }
    }
    const status = { ...pc.readyWindows[0]?.status, identity: pc.readyWindows[0]?.status?.identity?.employee.number }
    throw new Violation(
      'quiescence',
      `${pc.name}, ${owner}: ${JSON.stringify(status)} outbox ${JSON.stringify(pc.outbox())} ` +
        `journal ${JSON.stringify(pc.openedJournal?.entries())} cursors ${JSON.stringify(pc.cursors())}`,
    )
  }

  #isQuiet(pc: SimulatedPc, owner: string): boolean {
    if (pc.ownersOfUnsent().includes(owner)) return false
    const cursors = pc.cursors()
    return (
      pc.readyWindows.every(({ status }) => status?.connection === 'online' && status.unsent === 0) &&
      // Cursors of stores may be those of somebody before, who had access to more.
      pc.readyWindows.every(({ status }) => status?.identity?.stores.length === this.#stores.length) &&
      this.#stores.every((storeId) =>
        cursors.some(
          (cursor) =>
            cursor.storeId === storeId &&
            cursor.version === this.#backend.version(storeId) &&
            cursor.epoch === this.#backend.epoch,
        ),
      )
    )
  }

  async #checkAllVisible(pc: SimulatedPc): Promise<void> {
    for (const window of pc.readyWindows) {
      const check = checkVisible(this.#view, pc, window, (violation) => {
        this.#violation ??= violation
      })
      if (!(await this.#time.until(() => check.state !== 'running', 60_000))) {
        throw new Violation('quiescence', `${window.owner.name} does not answer`)
      }
      if (this.#violation !== null) throw this.#violation
    }
  }

  #pc(index: number): SimulatedPc {
    const pc = this.#pcs[index % this.#pcs.length]
    if (pc === undefined) throw new RangeError('a world has PCs')
    return pc
  }

  #store(index: number): string {
    return this.#stores[index % this.#stores.length] ?? storeNames[0]
  }
}

type SessionDecisionKind = Exclude<DecisionKind, 'shift_note' | 'shift_acknowledge'>

interface Deed extends Pick<DecisionRecord, 'sessionId' | 'shift'> {
  say: (data: WorkerApi) => Promise<{ ok: boolean }>
}

/** Notes a shift or takes it over; a store that is closed to the employee has no shifts. */
async function sayOfShift({ key, acknowledges }: ShiftRecord, data: WorkerApi): Promise<{ ok: boolean }> {
  try {
    return await (acknowledges ? data.acknowledgeShift(key, null) : data.noteShift(key, 'warm'))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ok: false }
  }
}

/** @param choice picks the item and what became of it, so that two who deal with a basket agree now and then; 0 to 11 */
function inputOf(kind: SessionDecisionKind, verificationId: string, choice: number): DecisionInput {
  const lineId = BASKET_LINES[choice % BASKET_LINES.length] ?? ''
  const outcome = itemOutcomeSchema.options[choice % itemOutcomeSchema.options.length] ?? 'put_back'
  switch (kind) {
    case 'acknowledge':
      return { type: 'verification.acknowledge', payload: { verificationId } }
    case 'release':
      return { type: 'verification.release', payload: { verificationId } }
    case 'take_over':
      return { type: 'verification.take_over', payload: { verificationId, from: employees[0] ?? '', reason: 'away' } }
    case 'approve':
    case 'reject': {
      const approval = kind === 'approve' ? 'approved' : 'rejected'
      const payload = { verificationId, outcome: approval, method: 'sight_check', refusalReason: 'under_age' } as const
      return { type: 'verification.resolve', payload }
    }
    case 'request':
      return { type: 'verification.request', payload: { kind: 'spot_check', reason: 'looks odd' } }
    case 'review': {
      const putBack = choice % 2 === 0 ? true : [{ lineId, outcome }]
      return { type: 'basket.review', payload: { reason: 'left behind', putBack } }
    }
    case 'put_back':
      if (choice >= 8) return { type: 'basket.put_back', payload: { items: [], takenBack: [lineId] } }
      return { type: 'basket.put_back', payload: { items: [{ lineId, outcome }] } }
    case 'note':
      return { type: 'note.add', payload: { text: 'seen' } }
  }
}

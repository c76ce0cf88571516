/**
 * Virtual time: every timer and task of a simulated world, run one at a time in an order that only the seed decides.
 * After each one a real turn of the loop passes, in which all promises settle; nothing else may wait for the real world.
 */
import type { Random } from '../simulator/random.ts'

/** A process of the world: it dies with all its tasks, and a sleeping one keeps them for later. */
export class Owner {
  alive = true
  asleep = false
  /** Called once when it dies. */
  readonly onDeath = new Set<() => void>()

  constructor(readonly name: string) {}

  die(): void {
    if (!this.alive) return
    this.alive = false
    for (const hook of this.onDeath) hook()
  }
}

interface Timer {
  owner: Owner
  at: number
  order: number
  run: () => void
  cancelled: boolean
}

const realSetImmediate = globalThis.setImmediate
const DRAIN_TURNS = 3
const realTurn = (): Promise<void> => new Promise((done) => realSetImmediate(done))

export class VirtualTime {
  /** Milliseconds since the world began. */
  now = 0
  /** Tasks run so far. */
  turns = 0
  current: Owner
  /** Called after each task with the owner it ran for. */
  afterTurn: (owner: Owner) => void = () => undefined
  /** Called with what a task threw. */
  onError: (error: unknown, owner: Owner) => void = () => undefined
  readonly #random: Random
  readonly #queues = new Map<Owner, (() => void)[]>()
  readonly #timers: Timer[] = []
  #order = 0

  /** @param world runs what belongs to no process of a PC: the lab itself, the backend */
  constructor(
    random: Random,
    readonly world: Owner = new Owner('world'),
  ) {
    this.#random = random
    this.current = world
  }

  /** Queues a task of an owner; tasks of one owner keep their order. */
  post(owner: Owner, run: () => void): void {
    if (!owner.alive) return
    const queue = this.#queues.get(owner)
    if (queue === undefined) this.#queues.set(owner, [run])
    else queue.push(run)
  }

  /** Runs a task of an owner after so many milliseconds. */
  after(ms: number, owner: Owner, run: () => void): Timer {
    const timer: Timer = { owner, at: this.now + Math.max(0, ms), order: this.#order++, run, cancelled: false }
    this.#push(timer)
    return timer
  }

  /** Runs the rest of this turn for another owner: what it starts is that owner's. */
  become(owner: Owner): void {
    this.current = owner
  }

  /** Runs something at once for an owner. */
  as<Result>(owner: Owner, run: () => Result): Result {
    const before = this.current
    this.current = owner
    try {
      return run()
    } finally {
      this.current = before
    }
  }

  /** Lets this much time pass. */
  async runFor(ms: number): Promise<void> {
    const end = this.now + ms
    while (await this.#step(end));
    this.now = end
  }

  /** Runs until the condition holds; false where it did not within this many milliseconds. */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.now + limitMs
    while (!condition()) {
      if (await this.#step(end)) continue
      this.now = end
      return condition()
    }
    return true
  }

  /** Lets promises settle without running any task. */
  async drain(): Promise<void> {
    for (let turn = 0; turn < DRAIN_TURNS; turn += 1) await realTurn()
  }

  /** Puts this world's timers and tasks in the place of the global ones; answers how to undo it. */
  install(): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = globalThis
    const original = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }
    const start = (run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) =>
      this.after(ms, this.current, () => run(...values))
    const repeat = (run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]): Timer => {
      const owner = this.current
      const handle: Timer = { owner, at: 0, order: 0, run: () => undefined, cancelled: false }
      const again = () => {
        this.after(Math.max(1, ms), owner, () => {
          if (handle.cancelled) return
          again()
          run(...values)
        })
      }
      again()
      return handle
    }
    const cancel = (timer?: Timer) => {
      if (timer !== undefined && timer !== null) timer.cancelled = true
    }
    Object.assign(globalThis, {
      setTimeout: start,
      setInterval: repeat,
      clearTimeout: cancel,
      clearInterval: cancel,
      setImmediate: (run: () => void) => this.post(this.current, run),
      clearImmediate: () => undefined,
    })
    return () => Object.assign(globalThis, original)
  }

  /** Runs the next task up to `end`; false where there is none. */
  async #step(end: number): Promise<boolean> {
    for (;;) {
      const ready = this.#pickReady()
      if (ready !== null) {
        await this.#run(ready.owner, ready.run)
        return true
      }
      const next = this.#timers[0]
      if (next === undefined || next.at > end) return false
      this.now = Math.max(this.now, next.at)
      // All that are due at this instant: which of them goes first is the seed's choice.
      for (let due = this.#timers[0]; due !== undefined && due.at <= this.now; due = this.#timers[0]) {
        this.#pop()
        const timer = due
        if (timer.cancelled || !timer.owner.alive) continue
        this.post(timer.owner, () => {
          if (!timer.cancelled) timer.run()
        })
      }
    }
  }

  async #run(owner: Owner, run: () => void): Promise<void> {
    this.turns += 1
    this.current = owner
    try {
      run()
    } catch (error) {
      this.onError(error, owner)
    }
    await realTurn()
    const ranFor = this.current
    this.current = this.world
    this.afterTurn(ranFor)
  }

  #pickReady(): { owner: Owner; run: () => void } | null {
    const awake: Owner[] = []
    for (const [owner] of this.#queues) {
      if (!owner.alive) this.#queues.delete(owner)
      else if (!owner.asleep) awake.push(owner)
    }
    const owner = awake[awake.length > 1 ? this.#random.int(0, awake.length - 1) : 0]
    if (owner === undefined) return null
    const queue = this.#queues.get(owner)
    const run = queue?.shift()
    if (queue?.length === 0) this.#queues.delete(owner)
    return run === undefined ? null : { owner, run }
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || isBefore(above, timer)) break
      heap[at] = above
      at = parent
    }
    heap[at] = timer
  }

  #pop(): void {
    const heap = this.#timers
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      if (left === undefined) break
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (isBefore(last, child)) break
      heap[at] = child
      at = child === left ? 2 * at + 1 : 2 * at + 2
    }
    heap[at] = last
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

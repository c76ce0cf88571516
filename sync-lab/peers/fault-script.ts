/** The same faults for every contender, and the count of what became of the decisions. */
import { setTimeout as pause } from 'node:timers/promises'
import { type ConsoleWindow, type Contender, NotApplicable, type Pc } from './contender.ts'

const POLL_MS = 20
/** How long a contender may take until everything is with the backend, after the last fault. */
const PATIENCE_MS = 20_000
const START_MS = 50
/** Between two decisions of one person; not the same millisecond. */
const BETWEEN_MS = 5
const HOUR_MS = 3_600_000

export interface Counts {
  decided: number
  taken: number
  /** The person was told that it is not saved or not sent: nothing is lost silently. */
  told: number
  /** Shown as done, not with the backend, and nothing that runs knows of it any more. */
  lost: number
  /** Still known, and not sent within the time that the others need. */
  stuck: number
  doubled: number
  /** Taken before one that was decided earlier in the same window. */
  outOfOrder: number
}

export interface Fault {
  name: string
  /** What happens, for the page with the table. */
  story: string
  run(scene: Scene): Promise<void>
}

/** One contender under one fault. */
export class Scene {
  readonly decided: { text: string; window: number }[] = []
  private readonly windows: ConsoleWindow[] = []
  private readonly told = new Set<string>()

  constructor(readonly pc: Pc) {}

  /** Starts the program; what a process before it held (locks) is free by then. */
  async open(): Promise<ConsoleWindow> {
    await pause(START_MS)
    const window = await this.pc.open()
    this.windows.push(window)
    return window
  }

  /** Decides, each after the one before is shown as done. */
  async decide(window: ConsoleWindow, count: number): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      if (made > 0) await pause(BETWEEN_MS)
      const text = `decision ${this.decided.length + 1}`
      this.decided.push({ text, window: this.windows.indexOf(window) })
      if (!(await window.decide(text))) this.told.add(text)
    }
  }

  goOffline(): void {
    this.pc.line.up = false
  }

  goOnline(): void {
    this.pc.line.up = true
    for (const window of this.windows) window.networkIsBack()
  }

  /** Lets what was decided reach the disk. */
  async settle(): Promise<void> {
    await pause(300)
  }

  /** Waits until the condition holds, or not for ever. */
  async until(condition: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<boolean> {
    for (let waited = 0; waited < patienceMs; waited += POLL_MS) {
      if (await condition()) return true
      await pause(POLL_MS)
    }
    return false
  }

  async count(): Promise<Counts> {
    const all = this.decided.map(({ text }) => text)
    const toldOf = () => new Set([...this.told, ...this.windows.flatMap((window) => window.toldLater)])
    await this.until(async () => {
      const { times } = await this.pc.taken()
      return all.every((text) => times.has(text) || toldOf().has(text))
    })
    const { order, times } = await this.pc.taken()
    const told = toldOf()
    const waiting = new Set((await Promise.all(this.windows.map((window) => window.waiting()))).flat())
    const missing = all.filter((text) => !times.has(text) && !told.has(text))
    return {
      decided: all.length,
      taken: all.filter((text) => times.has(text)).length,
      told: all.filter((text) => !times.has(text) && told.has(text)).length,
      lost: missing.filter((text) => !waiting.has(text)).length,
      stuck: missing.filter((text) => waiting.has(text)).length,
      doubled: [...times.values()].filter((count) => count > 1).length,
      outOfOrder: this.inversions(order),
    }
  }

  /** Decisions that were taken after a later one of the same window. */
  private inversions(order: string[]): number {
    const position = new Map(order.map((text, index) => [text, index]))
    const windows = new Set(this.decided.map(({ window }) => window))
    let inversions = 0
    for (const window of windows) {
      const own = this.decided.filter((decision) => decision.window === window)
      const positions = own.flatMap(({ text }) => position.get(text) ?? [])
      inversions += positions.filter((at, index) => positions.slice(index + 1).some((later) => later < at)).length
    }
    return inversions
  }
}

/** Runs one fault on a fresh PC; null where it does not apply. */
export async function runFault(contender: Contender, fault: Fault): Promise<Counts | null> {
  const scene = new Scene(await contender.startPc())
  try {
    await fault.run(scene)
    return await scene.count()
  } catch (error) {
    if (error instanceof NotApplicable) return null
    throw error
  }
}

export const faults: Fault[] = [
  {
    name: 'no fault',
    story: 'Online, five decisions.',
    run: async (scene) => scene.decide(await scene.open(), 5),
  },
  {
    name: 'crash in the instant it is shown',
    story: 'Five times: online, a decision is shown as done, and the process ends at once. Then a normal start.',
    run: async (scene) => {
      for (let count = 0; count < 5; count += 1) {
        const window = await scene.open()
        await scene.decide(window, 1)
        window.die()
      }
      await scene.open()
    },
  },
  {
    name: 'crash between write and send',
    story: 'Offline, five decisions, time to write, the process ends, a start with network.',
    run: async (scene) => {
      const window = await scene.open()
      scene.goOffline()
      await scene.decide(window, 5)
      await scene.settle()
      window.die()
      scene.pc.line.up = true
      await scene.open()
    },
  },
  {
    name: 'crash after the backend has it',
    story: 'Five decisions, the backend takes what is sent, no answer comes, the process ends, a start.',
    run: async (scene) => {
      const window = await scene.open()
      scene.pc.line.swallowsAnswers = true
      const before = scene.pc.line.calls
      await scene.decide(window, 5)
      await scene.until(() => scene.pc.line.calls > before)
      await scene.settle()
      window.die()
      scene.pc.line.swallowsAnswers = false
      await scene.open()
    },
  },
  {
    name: 'answer lost after commit',
    story: 'Five decisions; the backend takes what the next three calls bring, their answers are lost.',
    run: async (scene) => {
      const window = await scene.open()
      scene.pc.line.next.push('answer_lost', 'answer_lost', 'answer_lost')
      await scene.decide(window, 5)
    },
  },
  {
    name: 'a time-out as axios words it',
    story: 'Five decisions; the next two calls fail with “timeout of 4000ms exceeded”.',
    run: async (scene) => {
      const window = await scene.open()
      scene.pc.line.next.push('time_out', 'time_out')
      await scene.decide(window, 5)
    },
  },
  {
    name: '401, token renewable',
    story: 'The access token is no longer taken; the client gets another without a person. Five decisions.',
    run: async (scene) => {
      const window = await scene.open()
      scene.pc.endToken('renewable')
      await scene.decide(window, 5)
    },
  },
  {
    name: '401 until a person signs in',
    story: 'Neither access nor refresh token is taken. Five decisions, two seconds, a sign-in.',
    run: async (scene) => {
      const window = await scene.open()
      scene.pc.endToken('person_needed')
      await scene.decide(window, 5)
      await pause(2_000)
      await scene.pc.signInAgain(window)
    },
  },
  {
    name: 'restart, then 401 until a person signs in',
    story: 'Offline, five decisions, the app ends; a start with network; no token is taken; two seconds, a sign-in.',
    run: async (scene) => {
      const window = await scene.open()
      scene.goOffline()
      await scene.decide(window, 5)
      await scene.settle()
      window.close()
      scene.pc.endToken('person_needed')
      scene.pc.line.up = true
      const again = await scene.open()
      await pause(2_000)
      await scene.pc.signInAgain(again)
    },
  },
  {
    name: 'clock set back between decisions',
    story: 'Offline, three decisions, the PC’s clock goes back an hour, three more, the network returns.',
    run: async (scene) => {
      const window = await scene.open()
      scene.goOffline()
      await scene.decide(window, 3)
      await scene.settle()
      scene.pc.moveClock(-HOUR_MS)
      await scene.decide(window, 3)
      await scene.settle()
      scene.goOnline()
    },
  },
  {
    name: 'clock set back while a retry waits',
    story: 'Three decisions; two calls fail, and the clock goes back an hour before the next attempt.',
    run: async (scene) => {
      const window = await scene.open()
      scene.pc.line.next.push('answer_lost', 'answer_lost')
      await scene.decide(window, 3)
      await scene.until(() => scene.pc.line.next.length < 2)
      await scene.settle()
      scene.pc.moveClock(-HOUR_MS)
    },
  },
  {
    name: 'IndexedDB full, offline, crash',
    story: 'Offline, two decisions; no room left; three more; the process ends; room again, a start with network.',
    run: async (scene) => {
      const window = await scene.open()
      scene.goOffline()
      await scene.decide(window, 2)
      await scene.settle()
      scene.pc.setFull(true)
      await scene.decide(window, 3)
      await scene.settle()
      window.die()
      scene.pc.setFull(false)
      scene.pc.line.up = true
      await scene.open()
    },
  },
  {
    name: 'one kept entry unreadable',
    story: 'Offline, five decisions, the app ends; the record of one in IndexedDB is damaged; a start with network.',
    run: (scene) => withDamage(scene, 'indexeddb'),
  },
  {
    name: 'one journal line damaged',
    story: 'The same with one line of the journal file.',
    run: (scene) => withDamage(scene, 'journal'),
  },
  {
    name: 'IndexedDB deleted',
    story: 'Offline, five decisions, the app ends, its IndexedDB is deleted, a start with network.',
    run: async (scene) => {
      const window = await scene.open()
      scene.goOffline()
      await scene.decide(window, 5)
      await scene.settle()
      window.close()
      await scene.pc.deleteIndexedDb()
      scene.pc.line.up = true
      await scene.open()
    },
  },
  {
    name: 'two windows offline',
    story: 'Two windows, offline, three decisions in each, the network returns.',
    run: async (scene) => {
      const first = await scene.open()
      const second = await scene.open()
      scene.goOffline()
      await scene.decide(first, 3)
      await scene.decide(second, 3)
      await scene.settle()
      scene.goOnline()
    },
  },
  {
    name: 'two windows, the first closed',
    story: 'Two windows, the first is closed; offline, three decisions in the second, the network returns.',
    run: async (scene) => {
      const first = await scene.open()
      const second = await scene.open()
      first.close()
      await scene.settle()
      scene.goOffline()
      await scene.decide(second, 3)
      await scene.settle()
      scene.goOnline()
    },
  },
]

async function withDamage(scene: Scene, where: 'indexeddb' | 'journal'): Promise<void> {
  const window = await scene.open()
  scene.goOffline()
  await scene.decide(window, 5)
  await scene.settle()
  window.close()
  await scene.pc.damageOneEntry(where)
  scene.pc.line.up = true
  await scene.open()
}

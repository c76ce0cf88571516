/** What the fault script needs of a program that keeps decisions until its backend has them. */

/** Names a fault that a contender's design does not know. */
export class NotApplicable extends Error {}

export interface Contender {
  name: string
  /** A new PC with an empty disk and a backend of its own that knows nothing. */
  startPc(): Promise<Pc>
  end(): Promise<void>
}

export interface Pc {
  readonly line: Line
  /** Starts the program on what the disk holds, or opens another window of it. Rejects where it does not start. */
  open(): Promise<ConsoleWindow>
  /** Sets the wall clock of the PC, not that of the backend, by so many milliseconds. */
  moveClock(ms: number): void
  /** The access token is no longer taken; `renewable` says whether the backend gives another without a person. */
  endToken(how: 'renewable' | 'person_needed'): void
  /** A person signs in again. */
  signInAgain(window: ConsoleWindow): Promise<void>
  /** While true, IndexedDB has no room: it says so when a transaction commits, as its specification has it. */
  setFull(full: boolean): void
  /** Makes one kept decision unreadable; nothing runs meanwhile. */
  damageOneEntry(where: 'indexeddb' | 'journal'): Promise<void>
  /** Removes IndexedDB; nothing runs meanwhile. */
  deleteIndexedDb(): Promise<void>
  /** Texts in the order in which the backend took them first, and how often it counted each. */
  taken(): Promise<{ order: string[]; times: Map<string, number> }>
}

export interface ConsoleWindow {
  /**
   * Decides, and resolves as soon as the person sees it as done; false where the person is told that it is not. What the
   * person is told later goes to `toldLater`.
   */
  decide(text: string): Promise<boolean>
  readonly toldLater: string[]
  /** Texts of decisions that it knows and still wants to send. */
  waiting(): Promise<string[]>
  /** Tells it what a browser would: the network is back. */
  networkIsBack(): void
  close(): void
  /** Its process ends without warning: nothing that it does afterwards reaches disk or network. */
  die(): void
}

/** One process or window; a dead one waits for ever. */
export class Life {
  alive = true

  /** Answers the work's outcome, unless it died meanwhile. */
  async of<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.alive) return new Promise<never>(() => undefined)
    const [outcome] = await Promise.allSettled([work()])
    if (!this.alive) return new Promise<never>(() => undefined)
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }
}

/** The network between a PC and its backend. */
export class Line {
  up = true
  /** What the next calls meet instead of an answer; the backend has acted on `answer_lost`, not on the others. */
  readonly next: ('answer_lost' | 'time_out')[] = []
  /** While true, answers never come, though the backend acts. */
  swallowsAnswers = false
  /** Calls that reached the backend. */
  calls = 0

  /** One call of the backend. Throws what `fetch` and its wrappers throw. */
  async carry<Answer>(life: Life, act: () => Promise<Answer>): Promise<Answer> {
    return life.of(async () => {
      if (!this.up) throw new TypeError('fetch failed')
      const fate = this.next.shift()
      // Word for word what axios says.
      if (fate === 'time_out') throw new Error('timeout of 4000ms exceeded')
      this.calls += 1
      const answer = await act()
      if (this.swallowsAnswers) return new Promise<never>(() => undefined)
      if (fate === 'answer_lost' || !this.up) throw new TypeError('fetch failed')
      return answer
    })
  }
}

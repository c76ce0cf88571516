/** Floorwalker's own data service, as its worker runs it, on a real backend. */

import type { SessionSummary } from '#shared/session/session-summary.ts'
import { randomId, systemClock } from '#shared/time/clock.ts'
import { type DataStatus, noFilter } from '../../src-renderer/data/data-api.ts'
import { DataService } from '../../src-renderer/data/data-service.ts'
import { ConsoleDatabase } from '../../src-renderer/data/database.ts'
import type { Answer, Question } from '../million-questions.ts'
import type { Peer } from './peer.ts'

/** Who signs in, and what is there then. */
export interface SignIn {
  employeeNumber: string
  password: string
  sessions: number
}

export class FloorwalkerPeer implements Peer {
  private status: DataStatus | null = null
  private changed: () => void = () => undefined
  private readonly service = new DataService({
    database: new ConsoleDatabase(),
    fetch: (path, init) => fetch(path, init),
    clock: systemClock,
    mintId: randomId,
    random: Math.random,
    storage: { estimate: async () => null, persisted: async () => null },
    leadership: async () => undefined,
    broadcast: () => undefined,
  })

  /** Resolves when all that is on this PC answers. */
  async open(): Promise<void> {
    await this.service.start((status) => this.take(status)).then((status) => this.take(status))
    await this.until(async ({ reading }) => reading === null)
  }

  /** Its rows come from the backend. */
  async load(): Promise<void> {}

  /** The whole first sync, network and backend included, from the sign-in on. */
  async finish(): Promise<void> {
    const { employeeNumber, password, sessions } = (await (await fetch('/sign-in')).json()) as SignIn
    const outcome = await this.service.signIn(employeeNumber, password)
    if (!outcome.ok) throw new Error(outcome.message)
    await this.until(async ({ firstSync }) => firstSync === null && (await this.count()) === sessions)
  }

  async answer(question: Question): Promise<Answer> {
    return this.service.sessions(question)
  }

  /** The rows are reported to the backend, whose poke brings them here. */
  async change(rows: SessionSummary[], step: number): Promise<void> {
    const last = rows.at(-1)
    if (last === undefined) return
    const response = await fetch(`/report/${step}`, { method: 'POST' })
    if (!response.ok) throw new Error(await response.text())
    await this.until(async () => (await this.service.session(last.storeId, last.id))?.document.total === last.total)
  }

  private async count(): Promise<number> {
    return (
      await this.service.sessions({
        ...noFilter,
        sort: 'lastActivityAt',
        descending: true,
        offset: 0,
        limit: 1,
        nowMs: 0,
      })
    ).count
  }

  private take(status: DataStatus): void {
    this.status = status
    this.changed()
  }

  /** Looks again after every status. */
  private async until(isSo: (status: DataStatus) => Promise<boolean>): Promise<void> {
    for (;;) {
      const next = new Promise<void>((resolve) => {
        this.changed = resolve
      })
      if (this.status !== null && (await isSo(this.status))) return
      await next
    }
  }
}

/** The worker in which one peer runs: every time is taken here, around the peer alone. */
import { expose } from 'comlink'
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { ChartAnswer, ChartQuestion } from '../analytics-questions.ts'
import type { Answer, Question } from '../million-questions.ts'
import type { Peer } from './peer.ts'

/** Rows given to a peer at once: a common size of bulk writes, and small beside a peer's own caches. */
const BATCH_ROWS = 10_000

const peers: Record<string, () => Promise<Peer>> = {
  'floorwalker-charts': async () => new (await import('./floorwalker-charts.ts')).FloorwalkerChartsPeer(),
  'tanstack-charts': async () => new (await import('./tanstack-charts.ts')).TanStackChartsPeer(),
  floorwalker: async () => new (await import('./floorwalker.ts')).FloorwalkerPeer(),
  dexie: async () => new (await import('./dexie.ts')).DexiePeer(),
  'dexie-bulk-put': async () => {
    const { DexiePeer, FEW_INDEXES } = await import('./dexie.ts')
    return new DexiePeer('bulk-put', FEW_INDEXES)
  },
  rxdb: async () => new (await import('./rxdb.ts')).RxDbPeer(),
  pouchdb: async () => new (await import('./pouchdb.ts')).PouchDbPeer(),
  'tanstack-db': async () => new (await import('./tanstack-db.ts')).TanStackPeer(),
  duckdb: async () => new (await import('./duckdb.ts')).DuckDbPeer(),
  sqlite: async () => new (await import('./sqlite.ts')).SqlitePeer(),
}

let peer: Peer | null = null

export interface Asked {
  answer: Answer
  ms: number
}

export interface PeerHost {
  /** Opens the peer. */
  open(name: string): Promise<void>
  /** Opens the peer and asks the question; milliseconds until the answer. */
  openAndAsk(name: string, question: Question): Promise<Asked>
  /** Loads the blocks of a ground; milliseconds that the peer itself took. */
  load(blocksUrl: string, blocks: number): Promise<number>
  /** Milliseconds until a question would be answered with the changed rows. */
  change(rows: SessionSummary[], step: number): Promise<number>
  ask(question: Question): Promise<Asked>
  prepareCharts(): Promise<void>
  /** Milliseconds until a page's figures are there. */
  askChart(question: ChartQuestion): Promise<{ answer: ChartAnswer; ms: number }>
}

const host: PeerHost = {
  async open(name) {
    const create = peers[name]
    if (create === undefined) throw new Error(`no such peer: ${name}`)
    peer = await create()
    await peer.open()
  },

  async openAndAsk(name, question) {
    const startedAt = performance.now()
    await host.open(name)
    const answer = await theOpened().answer(question)
    return { answer, ms: performance.now() - startedAt }
  },

  async load(blocksUrl, blocks) {
    const opened = theOpened()
    let ms = 0
    const timed = async (work: () => Promise<void>) => {
      const startedAt = performance.now()
      await work()
      ms += performance.now() - startedAt
    }
    for (let index = 0; index < blocks; ) {
      const batch: { rows: SessionSummary[]; blocks: Uint8Array[] } = { rows: [], blocks: [] }
      for (; index < blocks && batch.rows.length < BATCH_ROWS; index += 1) {
        const response = await fetch(`${blocksUrl}/${index}`)
        const block = new Uint8Array(await response.arrayBuffer())
        batch.blocks.push(block)
        batch.rows.push(...decodeDayBlock(block))
      }
      await timed(() => opened.load(batch))
    }
    await timed(() => opened.finish())
    return ms
  },

  async change(rows, step) {
    const startedAt = performance.now()
    await theOpened().change(rows, step)
    return performance.now() - startedAt
  },

  async ask(question) {
    const startedAt = performance.now()
    const answer = await theOpened().answer(question)
    return { answer, ms: performance.now() - startedAt }
  },

  async prepareCharts() {
    await theOpened().prepareCharts?.()
  },

  async askChart(question) {
    const opened = theOpened()
    if (opened.chart === undefined) throw new Error('this peer is not asked about charts')
    const startedAt = performance.now()
    const answer = await opened.chart(question)
    return { answer, ms: performance.now() - startedAt }
  },
}

function theOpened(): Peer {
  if (peer === null) throw new Error('no peer is open')
  return peer
}

expose(host)

/** What the million-session benchmark needs of a store of sessions in a browser's worker. */
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { ChartAnswer, ChartQuestion } from '../analytics-questions.ts'
import type { Answer, Question } from '../million-questions.ts'

/** The same sessions in both forms; each peer takes the one that suits it. */
export interface Batch {
  rows: SessionSummary[]
  /** Day blocks: Apache Arrow streams. */
  blocks: Uint8Array[]
}

export interface Peer {
  /** Opens what was stored by an earlier run of the worker, or makes an empty store. */
  open(): Promise<void>
  /** Stores the rows; resolves when they are as durable as this peer makes them. */
  load(batch: Batch): Promise<void>
  /** After the last batch: whatever this peer's users would do once. */
  finish(): Promise<void>
  answer(question: Question): Promise<Answer>
  /** Once before questions about charts; peers without it are not asked any. */
  prepareCharts?(): Promise<void>
  chart?(question: ChartQuestion): Promise<ChartAnswer>
  /** Newer states of rows that are there, those of the ground's step of this number (from 1). */
  change(rows: SessionSummary[], step: number): Promise<void>
}

/** Day blocks from the backend: one day, or many in one answer. */
import { type DayBlock, decodeDayBlockColumns } from '#shared/protocol/day-block.ts'
import { type DayFrame, DayFrameParser, DayFramesError } from '#shared/protocol/day-frames.ts'
import { type DayBlockRow, dayBlockRow } from '../database.ts'
import { CallFailed, call, type Fetch, inTime, storePath } from '../transport.ts'

/** A day ready to be stored, and its columns. */
export interface FetchedDay {
  row: DayBlockRow
  block: DayBlock
}

/**
 * A day's block as it is at the backend now.
 * @throws CallFailed also for a block that cannot be read: what answered is no backend of ours
 */
export async function fetchDay(fetch: Fetch, storeId: string, date: string, epoch: string): Promise<FetchedDay> {
  const response = await call(fetch, `${storePath(storeId)}/days/${date}`)
  try {
    return readDay(storeId, date, epoch, new Uint8Array(await inTime(response.arrayBuffer())))
  } catch (error) {
    throw CallFailed.of('not_a_backend', `day block ${date}: ${String(error)}`)
  }
}

/** @throws where `bytes` are no block */
export function readDay(storeId: string, date: string, epoch: string, bytes: Uint8Array): FetchedDay {
  const block = decodeDayBlockColumns(bytes)
  return { row: dayBlockRow(storeId, date, epoch, bytes, block), block }
}

/** What came of an answer with several days: `failure` where it broke off, after the days that were whole. */
export interface DaysAnswer {
  days: DayFrame[]
  failure: CallFailed | null
}

/**
 * The blocks of several days, as many as the backend puts into one answer.
 * @throws CallFailed where nothing came; `not_found` from a backend that knows single days only
 */
export async function fetchDays(fetch: Fetch, storeId: string, dates: readonly string[]): Promise<DaysAnswer> {
  const response = await call(fetch, `${storePath(storeId)}/days`, {
    method: 'POST',
    body: JSON.stringify({ dates }),
    headers: { 'content-type': 'application/json' },
  })
  const parser = new DayFrameParser()
  const days: DayFrame[] = []
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const { done, value } = (await inTime(reader?.read() ?? Promise.resolve(undefined))) ?? { done: true }
      if (done) break
      for (const day of parser.push(value)) days.push(day)
    }
    parser.end()
    return { days, failure: null }
  } catch (error) {
    await reader?.cancel().catch(() => undefined)
    const code = error instanceof DayFramesError && error.kind === 'damaged' ? 'not_a_backend' : 'backend_unreachable'
    return { days, failure: CallFailed.of(code, String(error)) }
  }
}

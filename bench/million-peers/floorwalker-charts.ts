/** Floorwalker's session index and its charts, as the data worker has them, fed with the ground's day blocks. */
import { decodeDayBlockColumns } from '#shared/protocol/day-block.ts'
import { Charts } from '../../src-renderer/data/aggregate/charts.ts'
import { SessionIndex } from '../../src-renderer/data/session-index.ts'
import { askCharts, type ChartAnswer, type ChartQuestion } from '../analytics-questions.ts'
import { millionStores } from '../million-data.ts'
import type { Answer, Question } from '../million-questions.ts'
import type { Batch, Peer } from './peer.ts'

const settingsOf = (storeId: string) => millionStores.find(({ id }) => id === storeId)

export class FloorwalkerChartsPeer implements Peer {
  private readonly index = new SessionIndex((storeId) => settingsOf(storeId)?.timezone ?? 'UTC')
  private readonly charts = new Charts({
    index: this.index,
    visibleStores: (wanted) =>
      millionStores.map(({ id }) => id).filter((id) => wanted.length === 0 || wanted.includes(id)),
    staleAfterMinutes: (storeId) => settingsOf(storeId)?.staleAfterMinutes ?? 30,
    currencyOf: (storeId) => settingsOf(storeId)?.currency ?? 'EUR',
    isComplete: () => true,
    maySeeEmployees: () => true,
    isOnline: () => true,
    lastContactAt: () => null,
  })

  async open(): Promise<void> {}

  async load({ blocks }: Batch): Promise<void> {
    for (const bytes of blocks) {
      const block = decodeDayBlockColumns(bytes)
      const storeId = block.columns.storeId.values[block.columns.storeId.codes[0] ?? 0]
      if (storeId !== undefined) this.index.addBlock(storeId, block)
    }
  }

  async finish(): Promise<void> {}

  async answer(question: Question): Promise<Answer> {
    return this.index.query(question, (storeId) => settingsOf(storeId)?.staleAfterMinutes ?? 30)
  }

  /** What is measured ends with the figures that a screen gets; as tables they are only compared. */
  async chart(question: ChartQuestion): Promise<ChartAnswer> {
    return (await askCharts(this.charts, question))()
  }

  async change(): Promise<void> {
    throw new Error('the past does not change')
  }
}

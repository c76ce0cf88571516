/** The worker of the benchmark: left baskets in the console's own tables, listed by the console and the plain way. */
import { expose } from 'comlink'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { summarize } from '#shared/session/session-summary.ts'
import { Random } from '../../simulator/random.ts'
import { AbandonedBaskets } from '../../src-renderer/data/abandoned/abandoned-baskets.ts'
import type { PutBackItem } from '../../src-renderer/data/abandoned-api.ts'
import { ConsoleDatabase } from '../../src-renderer/data/database.ts'
import { type PackedPutBack, packPutBack } from '../../src-renderer/data/put-back-transfer.ts'
import { SessionIndex } from '../../src-renderer/data/session-index.ts'

const STORE = 'bench'
const NOW = Date.parse('2026-06-30T12:00:00Z')
const MINUTE_MS = 60_000
const settings = storeSettingsSchema.parse({ id: STORE, name: 'Bench', timezone: 'Europe/Berlin', currency: 'EUR' })
const PRODUCTS = 800
const BATCH = 500
const STORAGES = ['chilled', 'frozen', 'ambient', 'ambient', 'ambient']

export interface Listed {
  products: number
  pieces: number
  value: number
}

const listedOf = (items: readonly Pick<PutBackItem, 'quantity' | 'value'>[]): Listed => ({
  products: items.length,
  pieces: items.reduce((sum, { quantity }) => sum + quantity, 0),
  value: items.reduce((sum, { value }) => sum + value, 0),
})

/** A week of sessions: 3 to 12 lines each, every other one was paid. */
function documentOf(n: number): SessionDocument {
  const random = new Random('put-back', n)
  const start = NOW - random.int(180, 7 * 24 * 60 - 300) * MINUTE_MS
  const id = `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
  const event = (type: string, second: number, more: object): SessionEvent =>
    ({
      id: `${id}-${type}-${second}`,
      type,
      at: new Date(start + second * 1_000).toISOString(),
      source: 'store',
      ...more,
    }) as SessionEvent
  const events = [event('session.started', 0, { client: { type: 'sdk-android' }, customerId: `c${n % 900}` })]
  const lines = random.int(3, 12)
  for (let line = 1; line <= lines; line += 1) {
    const sku = random.int(0, PRODUCTS - 1)
    events.push(
      event('item.added', line * 20, {
        ...{
          lineId: `l${line}`,
          sku: `40${sku}`,
          name: `Product ${sku}`,
          quantity: random.int(1, 3),
          unitPrice: 50 + sku,
        },
        ...{ department: `Department ${sku % 20}`, storage: STORAGES[sku % STORAGES.length] },
      }),
    )
  }
  const pay = (type: string, second: number) => event(type, second, { transactionId: 't', amount: 1 })
  events.push(pay('checkout.started', 600), pay('payment.started', 610))
  if (n % 2 === 1) events.push(pay('payment.completed', 620), event('exit.scanned', 640, {}))
  return foldSession({ id, storeId: STORE, settings, version: n + 1 }, events, NOW)
}

const database = new ConsoleDatabase('put-back')
let index: SessionIndex | null = null
let baskets: AbandonedBaskets | null = null

/** As after a start: sessions are in the index, nothing of a basket is in memory. */
async function started(): Promise<AbandonedBaskets> {
  index = new SessionIndex(() => settings.timezone)
  index.addOverlay(await database.overlay.toArray())
  return new AbandonedBaskets({
    database,
    index,
    desk: null as never,
    visibleStores: () => [STORE],
    settingsOf: () => settings,
    now: () => NOW,
    isComplete: () => true,
    ownRows: () => [],
    pending: () => undefined,
    documents: async () => [],
    fetchDocuments: async () => undefined,
  })
}

const host = {
  /** Stores so many left baskets and as many paid ones. */
  async fill(left: number): Promise<void> {
    await database.cursors.put({ storeId: STORE, version: 1, epoch: 'bench', pulledAt: NOW })
    for (let from = 0; from < left * 2; from += BATCH) {
      const documents = Array.from({ length: Math.min(BATCH, left * 2 - from) }, (_, at) => documentOf(from + at))
      await database.sessions.bulkPut(documents.map((document) => ({ storeId: STORE, id: document.id, document })))
      await database.overlay.bulkPut(
        documents.map((document) => ({
          ...{ storeId: STORE, id: document.id, version: document.version, summary: summarize(document) },
        })),
      )
    }
  },

  /** Reads the index; what lists read comes with their first question. */
  async start(): Promise<void> {
    baskets = await started()
  },

  async list(): Promise<Listed & { list: PackedPutBack }> {
    if (baskets === null) throw new Error('not started')
    const list = await baskets.putBackList({ storeIds: [], leftFrom: NOW - 7 * 24 * 60 * MINUTE_MS, nowMs: NOW })
    return { ...listedOf(list.items), list: packPutBack(list) }
  },

  /** Keeps what the list has read for the next start. */
  async keep(): Promise<void> {
    await baskets?.keep()
  },

  /** Documents out of Dexie, filtered and merged. */
  async plain(): Promise<Listed & { list: PutBackItem[] }> {
    const rows = await database.sessions.where('storeId').equals(STORE).toArray()
    const left = rows.filter(({ document }) => document.progress === 'abandoned' && document.review === null)
    const items = new Map<string, PutBackItem>()
    for (const { document } of left) {
      const settled = new Set(document.putBack.map(({ lineId }) => lineId))
      const scans = new Map(document.events.map((event) => [event.lineId, Date.parse(event.at)]))
      for (const { lineId, sku, name, department = null, storage = 'ambient', quantity, total } of document.lineItems) {
        if (settled.has(lineId)) continue
        const scannedAt = scans.get(lineId) ?? 0
        const { storeId, currency } = document
        const none = { quantity: 0, value: 0, lines: [], scannedAt, discardAt: null, overdue: 0 }
        const item = items.get(sku) ?? { storeId, sku, name, department, storage, currency, ...none }
        items.set(sku, item)
        item.quantity += quantity
        item.value += total
        item.scannedAt = Math.min(item.scannedAt, scannedAt)
        item.lines.push({ sessionId: document.id, lineId, quantity, scannedAt })
      }
    }
    const list = [...items.values()].sort((a, b) => a.scannedAt - b.scannedAt)
    return { ...listedOf(list), list }
  },
}
export type PutBackHost = typeof host

expose(host)

/**
 * The register of refused age verifications on this PC: a copy of the backend's chain, in which no entry is ever written
 * over, and the refusals of this console that are not in the chain yet.
 */
import { csvCell } from '#shared/csv/csv-cell.ts'
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import {
  MAX_REFUSALS_PER_PAGE,
  type Refusal,
  type RefusalEntry,
  type RefusalsPage,
  refusalsPageSchema,
} from '#shared/protocol/refusals.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import { refusalOf, verifyChain } from '#shared/verification/refusal-chain.ts'
import type { ExportedFile, RefusalComparison, RefusalRegister } from './data-api.ts'
import type { ConsoleDatabase, OutboxRow } from './database.ts'
import { NumberedList } from './numbered-list.ts'
import { CallFailed, callJson, type Fetch, storePath } from './transport.ts'

export interface RefusalRegisterPorts {
  database: ConsoleDatabase
  fetch: Fetch
  /** Unsent and unconfirmed decisions of the signed-in employee in a store. */
  ownRows: (storeId: string) => OutboxRow[]
  /** A session as the screens show it, unsent decisions applied; null where it is not on this PC. */
  shown: (storeId: string, sessionId: string) => Promise<SessionDocument | null>
  onChange: () => void
}

export class RefusalRegisterCopy {
  private readonly list: NumberedList<RefusalEntry>

  constructor(private readonly ports: RefusalRegisterPorts) {
    const { database, onChange } = ports
    this.list = new NumberedList({
      database,
      heads: database.registers,
      rows: database.refusals,
      page: (storeId, since) => this.page(storeId, since),
      onChange,
    })
  }

  async register(storeId: string): Promise<RefusalRegister> {
    const entries = await this.list.entries(storeId)
    const known = new Set(entries.map((entry) => entry.id))
    const pending = (await this.pending(storeId)).filter((refusal) => !known.has(refusal.id))
    const last = await this.list.last(storeId)
    return { entries, pending, chain: verifyChain(entries), last }
  }

  /** Fetches what the last pull said the backend has more; call it after each pull. */
  follow(storeId: string): Promise<void> {
    return this.list.follow(storeId)
  }

  async compare(storeId: string): Promise<RefusalComparison> {
    const here = new Map((await this.list.entries(storeId)).map((entry) => [entry.number, entry]))
    let last: RefusalEntry | null = null
    try {
      for (let since = 0; ; ) {
        const page: RefusalsPage = await this.page(storeId, since)
        const verdict = verifyChain(page.entries, last)
        const broken = verdict.ok ? Number.POSITIVE_INFINITY : verdict.index
        for (const [index, entry] of page.entries.entries()) {
          if (index === broken) return { ok: false, number: entry.number, why: 'broken' }
          const kept = here.get(entry.number)
          if (kept !== undefined && kept.hash !== entry.hash) return { ok: false, number: entry.number, why: 'differs' }
        }
        last = page.entries.at(-1) ?? last
        since = last?.number ?? 0
        if (page.entries.length === 0 || since >= page.last) break
      }
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      return { ok: false, number: null, why: 'unreachable' }
    }
    const length = last?.number ?? 0
    const beyond = Math.min(...[...here.keys()].filter((number) => number > length))
    return Number.isFinite(beyond) ? { ok: false, number: beyond, why: 'missing' } : { ok: true, entries: length }
  }

  /**
   * The register as CSV. `content` is what an entry's hash is the SHA-256 of, as Base64: anybody can recompute the chain, and
   * no spreadsheet program changes it.
   * @param nowMs UTC milliseconds, server time
   */
  async export(store: StoreSettings, nowMs: number): Promise<ExportedFile> {
    const { entries, pending } = await this.register(store.id)
    const rows = [
      ...entries.map((entry) => {
        const { hash, previous, number, ...refusal } = entry
        const content = base64Of(canonicalJson({ ...refusal, number, previous }))
        return [...cellsOf(refusal), String(number), 'in the register', previous, hash, content]
      }),
      ...pending.map((refusal) => [...cellsOf(refusal), '', 'not sent yet', '', '', '']),
    ]
    const lines = [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`)
    return {
      name: `floorwalker-age-refusals-${store.id.replace(/[^\w-]+/g, '_')}-${localDateOf(nowMs, store.timezone)}.csv`,
      mediaType: 'text/csv',
      text: `\ufeff${lines.join('')}`,
    }
  }

  private async pending(storeId: string): Promise<Refusal[]> {
    const refusals: Refusal[] = []
    for (const { mutation, verdict } of this.ports.ownRows(storeId)) {
      if (mutation.type !== 'verification.resolve') continue
      if (verdict !== null && verdict.status !== 'applied' && verdict.status !== 'duplicate') continue
      const document = await this.ports.shown(storeId, mutation.sessionId)
      const event = document?.events.find((candidate) => candidate.id === mutation.id)
      if (document === null || event?.verdict?.status !== 'applied') continue
      const refusal = refusalOf(document, event)
      if (refusal !== null) refusals.push(refusal)
    }
    return refusals.sort((a, b) => (a.at < b.at ? -1 : 1))
  }

  private page(storeId: string, since: number): Promise<RefusalsPage> {
    const path = `${storePath(storeId)}/refusals`
    return callJson(this.ports.fetch, `${path}?since=${since}&limit=${MAX_REFUSALS_PER_PAGE}`, refusalsPageSchema)
  }
}

const columns = [
  'at',
  'arrivedAt',
  'store',
  'session',
  'verification',
  'employeeNumber',
  'employeeName',
  'minAge',
  'items',
  'reason',
  'decision',
  'number',
  'state',
  'previousHash',
  'hash',
  'content',
]

function cellsOf({ at, arrivedAt, storeId, sessionId, verificationId, employee, minAge, items, reason, id }: Refusal) {
  const words = items.map(({ quantity, name, sku, minAge }) => `${quantity} × ${name} (${sku}, ${minAge}+)`).join('; ')
  const cells = [at, arrivedAt, storeId, sessionId, verificationId, employee.number, employee.name]
  return [...cells, minAge === null ? '' : String(minAge), words, reason ?? '', id]
}

function base64Of(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}

/** The store's rule for goods that lay out too long, over many left baskets at once. */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { byRule, goodsOf } from '#shared/session/goods-outside.ts'
import type { BulkOutcome, BulkReview, LineKey, PastLimit } from '../abandoned-api.ts'
import type { SessionKey } from '../data-api.ts'
import type { AbandonedBaskets } from './abandoned-baskets.ts'

export interface LimitRulePorts {
  baskets: Pick<AbandonedBaskets, 'settleLines' | 'reviewBaskets'>
  settingsOf: (storeId: string) => StoreSettings | undefined
  /** UTC milliseconds, server time as estimated. */
  now: () => number
  /** Documents on this PC with unsent decisions applied. */
  documents: (keys: readonly SessionKey[]) => Promise<(SessionDocument | undefined)[]>
  /** Fetches details that are not on this PC. @throws CallFailed */
  fetchDocuments: (storeId: string, ids: readonly string[]) => Promise<void>
}

/** Documents in memory at a time. */
const BATCH = 100

interface Found {
  /** Baskets whose details are here. */
  known: SessionKey[]
  /** The first whose details are not. */
  absent: SessionKey | null
  /** Lines past their limit that nobody said anything about. */
  lines: LineKey[]
  goods: PastLimit[]
}

export class LimitRule {
  constructor(private readonly ports: LimitRulePorts) {}

  /** Goods of baskets that must be discarded now, merged by name and limit, longest out first; not those somebody dealt with. */
  async pastLimit(keys: readonly SessionKey[]): Promise<PastLimit[]> {
    return (await this.find(keys)).goods
  }

  /** Reviews baskets: what is past its limit counts as discarded, all else that is open as put back. */
  async review(keys: readonly SessionKey[], review: Omit<BulkReview, 'outcome'>): Promise<BulkOutcome> {
    const { known, absent, lines } = await this.find(keys)
    if (lines.length > 0) {
      const discarded = await this.ports.baskets.settleLines(lines, 'discarded')
      if (!discarded.ok) return { ...discarded, saved: 0 }
    }
    // One that came only now is not reviewed: what of it must be discarded is not known.
    const reviewed = await this.ports.baskets.reviewBaskets(known, { ...review, outcome: 'put_back' })
    if (absent === null || !reviewed.ok) return reviewed
    const message = 'Details of some baskets are not on this PC and cannot be fetched now.'
    return { ok: false, saved: reviewed.saved, failed: absent, message }
  }

  private async find(keys: readonly SessionKey[]): Promise<Found> {
    const found: Found = { known: [], absent: null, lines: [], goods: [] }
    const merged = new Map<string, PastLimit>()
    const now = this.ports.now()
    for (let start = 0; start < keys.length; start += BATCH) {
      const some = keys.slice(start, start + BATCH)
      for (const [at, document] of (await this.withDetails(some)).entries()) {
        const key = some[at] as SessionKey
        if (document === undefined) {
          found.absent ??= key
          continue
        }
        found.known.push(key)
        const settings = this.ports.settingsOf(key.storeId)
        if (settings === undefined) continue
        for (const each of goodsOf(document, settings.putBack)) {
          if (each.settled !== null || byRule(each, now) !== 'discarded' || each.discardAt === null) continue
          found.lines.push({ storeId: key.storeId, sessionId: key.id, lineId: each.line.lineId })
          mergeGoods(merged, key.storeId, each.line.name, { ...each, discardAt: each.discardAt })
        }
      }
    }
    found.goods = [...merged.values()].sort((a, b) => a.scannedAt - b.scannedAt)
    return found
  }

  private async withDetails(keys: readonly SessionKey[]): Promise<(SessionDocument | undefined)[]> {
    const documents = await this.ports.documents(keys)
    const absent = keys.filter((_, at) => documents[at] === undefined)
    if (absent.length === 0) return documents
    for (const storeId of new Set(absent.map((key) => key.storeId))) {
      const ids = absent.filter((key) => key.storeId === storeId).map(({ id }) => id)
      // Offline: what is not here is told as that.
      await this.ports.fetchDocuments(storeId, ids).catch(() => undefined)
    }
    return this.ports.documents(keys)
  }
}

function mergeGoods(
  merged: Map<string, PastLimit>,
  storeId: string,
  name: string,
  { quantity, scannedAt, discardAt }: Omit<PastLimit, 'storeId' | 'name'>,
): void {
  const key = JSON.stringify([storeId, name])
  const known = merged.get(key)
  if (known === undefined) merged.set(key, { storeId, name, quantity, scannedAt, discardAt })
  else {
    known.quantity += quantity
    if (scannedAt >= known.scannedAt) return
    known.scannedAt = scannedAt
    known.discardAt = discardAt
  }
}

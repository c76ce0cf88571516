/** What this PC keeps and knows for a check: the one under way, earlier ones of the customer, products by their code. */

import { describeIssue } from '#shared/protocol/primitives.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { DAY_MS } from '#shared/time/day-length.ts'
import { hasFinding } from '#shared/verification/differences.ts'
import { productKey } from '#shared/verification/product-code.ts'
import { type CheckDraft, checkDraftSchema } from '#shared/verification/rescan.ts'
import { type CheckKey, type CustomerChecks, type KnownProduct, noFilter, type SessionQuery } from './data-api.ts'
import type { ConsoleDatabase } from './database.ts'
import type { SessionIndex } from './session-index.ts'

const CUSTOMER_CHECKS_DAYS = 90
const MAX_CUSTOMER_SESSIONS = 1_000
/** Baskets that products are looked up in, the latest first, and how long that look holds. */
const BASKETS_WITH_PRODUCTS = 400
const KEEP_PRODUCTS_MS = 60_000

export interface CheckRecordsPorts {
  database: ConsoleDatabase
  index: SessionIndex
  /** UTC milliseconds, server time as estimated. */
  now: () => number
}

export class CheckRecords {
  private readonly products = new Map<string, { readAt: number; byKey: Map<string, KnownProduct> }>()

  constructor(private readonly ports: CheckRecordsPorts) {}

  async draft({ storeId, sessionId, verificationId }: CheckKey): Promise<CheckDraft | null> {
    const row = await this.ports.database.checkDrafts.get([storeId, sessionId, verificationId])
    // One that an older app saved may lack what this one needs.
    return checkDraftSchema.safeParse(row?.draft).data ?? null
  }

  /** @throws RangeError naming the field that is not valid; the error of a database that cannot keep it */
  async saveDraft({ storeId, sessionId, verificationId }: CheckKey, draft: CheckDraft): Promise<void> {
    const checked = checkDraftSchema.safeParse(draft)
    if (!checked.success) {
      const { field, message } = describeIssue(checked.error)
      throw new RangeError(`${field} ${message}`)
    }
    const { checkDrafts } = this.ports.database
    const savedAt = Math.round(this.ports.now())
    await checkDrafts.put({ storeId, sessionId, verificationId, savedAt, draft: checked.data })
  }

  async removeDraft({ storeId, sessionId, verificationId }: CheckKey): Promise<void> {
    await this.ports.database.checkDrafts.delete([storeId, sessionId, verificationId])
  }

  /**
   * @param storeIds stores of the employee
   * @param session whose customer it is about; it is left out
   */
  async customerChecks(
    storeIds: string[],
    session: Pick<SessionDocument, 'id' | 'storeId' | 'customerId'>,
  ): Promise<CustomerChecks | null> {
    const { customerId } = session
    if (customerId === null) return null
    const query = {
      ...this.latestFirst(storeIds, MAX_CUSTOMER_SESSIONS),
      startedFrom: this.ports.now() - CUSTOMER_CHECKS_DAYS * DAY_MS,
      spotCheck: ['approved', 'rejected'],
      text: customerId,
    }
    const rows = this.ports.index
      .query(query, () => 0)
      .rows.filter(
        (row) => row.customerId === customerId && !(row.storeId === session.storeId && row.id === session.id),
      )
    const kept = await this.ports.database.sessions.bulkGet(rows.map((row): [string, string] => [row.storeId, row.id]))
    const found = rows.map((row, index) => {
      // A check that was followed by another one shows in the document alone.
      const verifications = kept[index]?.document.verifications ?? []
      return row.spotCheck === 'rejected' || (row.preventedLoss ?? 0) > 0 || verifications.some(hasFinding)
    })
    return {
      checks: rows.length,
      withoutFinding: found.filter((each) => !each).length,
      lastAt: rows.length === 0 ? null : Math.max(...rows.map((row) => row.startedAt)),
    }
  }

  async knownProduct(storeId: string, code: string): Promise<KnownProduct | null> {
    const known = this.products.get(storeId)
    const now = this.ports.now()
    if (known !== undefined && Math.abs(now - known.readAt) < KEEP_PRODUCTS_MS) {
      return known.byKey.get(productKey(code)) ?? null
    }
    const { rows } = this.ports.index.query(this.latestFirst([storeId], BASKETS_WITH_PRODUCTS), () => 0)
    const documents = await this.ports.database.sessions.bulkGet(rows.map((row): [string, string] => [storeId, row.id]))
    const byKey = new Map<string, KnownProduct>()
    for (const row of documents) {
      for (const { sku, name, unitPrice } of row?.document.lineItems ?? []) {
        const key = productKey(sku)
        if (!byKey.has(key)) byKey.set(key, { sku, name, unitPrice })
      }
    }
    this.products.set(storeId, { readAt: now, byKey })
    return byKey.get(productKey(code)) ?? null
  }

  private latestFirst(storeIds: string[], limit: number): SessionQuery {
    const nowMs = this.ports.now()
    return { ...noFilter, storeIds, sort: 'lastActivityAt', descending: true, offset: 0, limit, nowMs }
  }
}

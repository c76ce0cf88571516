/** Sessions as Talon.One's Integration API shows them: decimal money, numeric ids beside ours, states as they are. */
import { createHash } from 'node:crypto'
import { additionalCostTotal, isLifecycleEvent } from '#shared/lifecycle/apply-lifecycle-event.ts'
import type { ReturnedLine } from '#shared/lifecycle/lifecycle-command.ts'
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { fromMinorUnits } from '#shared/money/minor-units.ts'
import type { LineItem, SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import type { CustomerHistory } from './apply-command.ts'

/**
 * What promotions add to an answer. There are no campaigns yet; a rule engine takes this place.
 */
export const noPromotions = { effects: [], createdCoupons: [], createdReferrals: [] }

/** That API has numeric ids beside the integration's own: the same number for the same text, exact in JSON. */
export function numericId(text: string): number {
  return createHash('sha256').update(text, 'utf8').digest().readUIntBE(0, 6)
}

const decimalCosts = (costs: Record<string, number>, currency: string) =>
  Object.fromEntries(Object.entries(costs).map(([name, price]) => [name, { price: fromMinorUnits(price, currency) }]))

function cartItemOf(line: LineItem, position: number, currency: string) {
  const { sku, name, quantity, returnedQuantity, unitPrice, category, attributes, additionalCosts, measures } = line
  return {
    name,
    sku,
    quantity,
    returnedQuantity,
    remainingQuantity: quantity - returnedQuantity,
    price: fromMinorUnits(unitPrice, currency),
    category,
    ...measures,
    position,
    attributes: attributes ?? {},
    additionalCosts: additionalCosts === undefined ? undefined : decimalCosts(additionalCosts, currency),
  }
}

/** The `customerSession` of an answer. */
export function customerSessionOf(session: SessionDocument, history: CustomerHistory | null) {
  const { currency, lineItems, customerSession: extras } = session
  const money = (minorUnits: number) => fromMinorUnits(minorUnits, currency)
  const costs = additionalCostTotal(lineItems, extras?.additionalCosts)
  const earliest = history?.firstStartedAt ?? null
  return {
    id: numericId(session.id),
    created: session.startedAt,
    updated: session.events.at(-1)?.at ?? session.startedAt,
    integrationId: session.id,
    applicationId: numericId(session.storeId),
    storeIntegrationId: session.storeId,
    profileId: session.customerId ?? '',
    state: session.state,
    couponCodes: extras?.couponCodes ?? [],
    referralCode: extras?.referralCode ?? '',
    loyaltyCards: extras?.loyaltyCards ?? [],
    identifiers: extras?.identifiers ?? [],
    cartItems: lineItems.map((line, position) => cartItemOf(line, position, currency)),
    additionalCosts: decimalCosts(extras?.additionalCosts ?? {}, currency),
    attributes: session.attributes,
    firstSession: earliest === null || Date.parse(session.startedAt) <= earliest,
    updateCount: extras?.updateCount ?? 0,
    cartItemTotal: money(session.total),
    additionalCostTotal: money(costs),
    total: money(session.total + costs),
  }
}

/** The profile of a session's customer as far as the store's sessions tell; undefined for an anonymous one. */
export function customerProfileOf(session: SessionDocument, history: CustomerHistory | null) {
  if (session.customerId === null || history === null) return undefined
  const counts = countsAsClosed(session.state)
  const instant = (ms: number) => new Date(ms).toISOString()
  const startedAt = Date.parse(session.startedAt)
  const lastActivityAt = Date.parse(session.lastActivityAt)
  return {
    id: numericId(session.customerId),
    accountId: numericId(session.storeId),
    integrationId: session.customerId,
    created: instant(Math.min(startedAt, history.firstStartedAt ?? startedAt)),
    lastActivity: instant(Math.max(lastActivityAt, history.lastActivityAt ?? lastActivityAt)),
    attributes: {},
    closedSessions: history.closedSessions + (counts ? 1 : 0),
    totalSales: fromMinorUnits(history.closedTotal + (counts ? session.total : 0), session.currency),
  }
}

/** One return of a session. */
export function returnOf(session: SessionDocument, event: SessionEvent) {
  const positions = new Map(session.lineItems.map((line, position) => [line.lineId, { position, sku: line.sku }]))
  return {
    id: numericId(event.id),
    created: event.at,
    applicationId: numericId(session.storeId),
    accountId: numericId(session.storeId),
    eventId: numericId(event.id),
    sessionId: numericId(session.id),
    sessionIntegrationId: session.id,
    profileId: session.customerId === null ? undefined : numericId(session.customerId),
    profileIntegrationId: session.customerId ?? undefined,
    returnedCartItems: ((event.items ?? []) as ReturnedLine[]).map(({ lineId, quantity }) => ({
      ...positions.get(lineId),
      quantity,
    })),
  }
}

/** Data that a request asks for by `responseContent`; names this backend knows nothing for are left out. */
export function responseContent(
  names: readonly string[],
  session: SessionDocument,
  event: SessionEvent,
  history: CustomerHistory | null,
): Record<string, unknown> {
  const isReturn = (entry: SessionEvent) =>
    entry.type === 'items.returned' && isLifecycleEvent(entry) && entry.verdict?.status === 'applied'
  const content: Record<string, () => unknown> = {
    customerSession: () => customerSessionOf(session, history),
    customerProfile: () => customerProfileOf(session, history),
    coupons: () => [],
    triggeredCampaigns: () => [],
    ruleFailureReasons: () => [],
    awardedGiveaways: () => [],
    loyalty: () => ({ programs: {} }),
    previousReturns: () =>
      session.events
        .filter((entry) => isReturn(entry) && entry.id !== event.id)
        .map((entry) => returnOf(session, entry)),
  }
  return Object.fromEntries(
    Object.entries(content).flatMap(([name, build]) => (names.includes(name) ? [[name, build()]] : [])),
  )
}

/** How simulated staff do a spot check: they look or scan, as real people at a console do, and decide on what they found. */
import type { Decision } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { assessRescan, type CheckDraft, type Observation } from '#shared/verification/rescan.ts'
import { type BagItem, bagOf } from './bag.ts'
import type { Random } from './random.ts'

/** What a `verification.resolve` says of a spot check. */
export type SpotCheckOutcome = Omit<Extract<Decision, { type: 'verification.resolve' }>['payload'], 'verificationId'>

const methods = [
  { name: 'sight_check', weight: 3 },
  { name: 'partial_rescan', weight: 6 },
  { name: 'full_rescan', weight: 1 },
] as const

/** Checks a basket against the bag. @param pieces of a partial rescan */
export function checkBag(
  session: SessionDocument,
  verificationId: string,
  pieces: number,
  random: Random,
): SpotCheckOutcome {
  const bag = bagOf(session)
  const method = random.weighted(methods, (entry) => entry.weight).name
  // A look into the bag finds nothing out.
  if (method === 'sight_check') return { outcome: 'approved', method, itemsChecked: 0 }
  const assess = (draft: Pick<CheckDraft, 'method' | 'plan' | 'observations'>) =>
    assessRescan(verificationId, session.lineItems, draft)
  const whole = { method: 'full_rescan' as const, plan: null, observations: observationsOf(session, bag) }
  if (method === 'full_rescan') return decide(assess(whole), { method }, random)

  const plan = { selection: 'chosen', pieces } as const
  const partial = { method, plan, observations: observationsOf(session, somePieces(bag, pieces, random)) }
  const view = assess(partial)
  if (!view.mustBecomeFull) return { outcome: 'approved', method, plan, itemsChecked: view.done }
  if (random.chance(0.2)) {
    return decide(view, { method, plan, fullRescanDeclined: 'The shopper is in a hurry and has few items' }, random)
  }
  return decide(assess({ ...whole, plan }), { method: 'full_rescan', plan, escalatedFrom: method }, random)
}

function decide(
  { done, differences, notFound, corrections }: ReturnType<typeof assessRescan>,
  how: Partial<SpotCheckOutcome>,
  random: Random,
): SpotCheckOutcome {
  const found = [...differences, ...notFound]
  if (found.length === 0) return { ...how, outcome: 'approved', itemsChecked: done }
  return random.chance(0.7)
    ? { ...how, outcome: 'approved', itemsChecked: done, differences: found, corrections }
    : { ...how, outcome: 'rejected', itemsChecked: done, differences: found, note: 'The bag is not what was scanned.' }
}

/** Pieces are scanned one by one; what the basket does not know is named from its label. */
function observationsOf(session: SessionDocument, bag: readonly BagItem[]): Observation[] {
  const known = new Set(session.lineItems.map((line) => line.sku))
  return bag.flatMap(({ sku, name, unitPrice, quantity }): Observation[] => {
    const scan: Observation = { kind: 'scanned', code: sku, quantity }
    return known.has(sku) ? [scan] : [scan, { kind: 'named', code: sku, name, unitPrice }]
  })
}

function somePieces(bag: readonly BagItem[], count: number, random: Random): BagItem[] {
  const pieces = bag.flatMap((item) => Array.from({ length: item.quantity }, () => ({ ...item, quantity: 1 })))
  const taken: BagItem[] = []
  while (taken.length < count && pieces.length > 0) {
    taken.push(...pieces.splice(random.int(0, pieces.length - 1), 1))
  }
  return taken
}

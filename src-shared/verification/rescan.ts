/**
 * A spot check under way: what was observed in the bag, against what the basket says. Everything shown of a check is
 * computed from its draft, so a draft that survives a crash is the whole check.
 */
import { z } from 'zod'
import { type Correction, checkMethodSchema, type Difference, rescanPlanSchema } from '../protocol/decisions.ts'
import { idSchema, longTextSchema, moneySchema, nameSchema, quantitySchema } from '../protocol/primitives.ts'
import type { LineItem } from '../protocol/session-document.ts'
import { exactSum } from '../session/fold-state.ts'
import { preventedLossOf } from './differences.ts'
import { productKey, readCode } from './product-code.ts'
import { choosePieces } from './random-pieces.ts'

/** Longer than any code a store prints. */
const codeSchema = z.string().min(1).max(2_000)
const otherItem = { name: nameSchema, unitPrice: moneySchema }

/** One thing the employee did. Unit prices and values are minor units. */
export const observationSchema = z.discriminatedUnion('kind', [
  /** Pieces with this code are in the bag. */
  z.object({ kind: z.literal('scanned'), code: codeSchema, quantity: quantitySchema }),
  /** So many pieces of a line are in the bag, whatever was scanned of it before. */
  z.object({ kind: z.literal('counted'), lineId: idSchema, quantity: z.int().min(0).max(100_000) }),
  /** What a code that the basket does not know is, and costs. */
  z.object({ kind: z.literal('named'), code: codeSchema, ...otherItem }),
  /** A forgotten item, added by hand. */
  z.object({ kind: z.literal('added'), sku: idSchema.optional(), quantity: quantitySchema, ...otherItem }),
  /** Pieces of a line are another product; where its code was scanned, those scans are these pieces. */
  z.object({
    kind: z.literal('replaced'),
    lineId: idSchema,
    code: codeSchema.optional(),
    quantity: quantitySchema,
    ...otherItem,
  }),
  /** A line has a discount that it should not have, or lacks one. `value`: minor units over all its pieces. */
  z.object({
    kind: z.literal('discounted'),
    lineId: idSchema,
    value: moneySchema,
    inFavourOf: z.enum(['store', 'shopper']),
  }),
])
export type Observation = z.infer<typeof observationSchema>

/** A check under way on this PC: saved at every step, restored after a crash, removed with the outcome. */
export const checkDraftSchema = z.object({
  method: checkMethodSchema,
  /** Of a partial rescan, also after it became a full one. */
  plan: rescanPlanSchema.nullable(),
  /** The method before, where a mismatch turned it into `method`. */
  escalatedFrom: checkMethodSchema.nullable(),
  /** Why a mismatch did not turn the partial rescan into a full one. */
  fullRescanDeclined: longTextSchema.min(1).nullable(),
  /** Oldest first. */
  observations: z.array(observationSchema).max(10_000),
  note: longTextSchema,
})
export type CheckDraft = z.infer<typeof checkDraftSchema>

/** A line of the basket and what was found of it, in pieces. */
export interface CheckedLine {
  lineId: string
  sku: string
  name: string
  /** What the basket says. */
  expected: number
  /** What was found, pieces that are another product included. */
  found: number
  /** How many of its pieces this check asks for; 0 where it asks for any pieces of the bag. */
  asked: number
}

/** Pieces in the bag whose code no line of the basket has. */
export interface UnknownCode {
  /** As it was scanned first. */
  code: string
  quantity: number
  /** What it was said to be; null until then. */
  named: { name: string; unitPrice: number } | null
}

export interface RescanView {
  /** Pieces: "3 of 5". */
  done: number
  of: number
  lines: CheckedLine[]
  unknown: UnknownCode[]
  /** What is wrong so far, in the basket's order. */
  differences: Difference[]
  /** Pieces of the basket that a full rescan has not found yet; differences too, if it ends now. */
  notFound: Difference[]
  /** What the store system would change for an approval with corrections, `notFound` included. */
  corrections: Correction[]
  /** True for a partial rescan with a mismatch: it becomes a full one, or that is declined with a reason. */
  mustBecomeFull: boolean
  /** Minor units, of all differences, in the store's favour. */
  preventedLoss: number
}

type BasketLine = Pick<LineItem, 'lineId' | 'sku' | 'name' | 'quantity' | 'returnedQuantity' | 'unitPrice'>

interface LineWork {
  line: BasketLine
  expected: number
  /** Pieces of this product. */
  found: number
  /** Counted by hand, and not scanned since: it is known how many there are. */
  settled: boolean
  replacements: Extract<Observation, { kind: 'replaced' }>[]
  discounts: Extract<Observation, { kind: 'discounted' }>[]
}

/** Pieces that a line of the basket stands for. */
const piecesOf = (line: Pick<LineItem, 'quantity' | 'returnedQuantity'>): number =>
  line.quantity - line.returnedQuantity

/**
 * Which pieces a random partial rescan asks for.
 * @param verificationId decides, together with the basket
 */
export function askedPieces(
  verificationId: string,
  basket: readonly BasketLine[],
  pieces: number,
): { lineId: string; pieces: number }[] {
  const lines = basket.map((line) => ({ lineId: line.lineId, pieces: piecesOf(line) }))
  return choosePieces(verificationId, lines, pieces)
}

/**
 * The state of a rescan: progress, differences with their values, and what follows from them. Observations about lines
 * that the basket no longer has change nothing.
 */
export function assessRescan(
  verificationId: string,
  basket: readonly BasketLine[],
  draft: Pick<CheckDraft, 'method' | 'plan' | 'observations'>,
): RescanView {
  const works = basket
    .filter((line) => piecesOf(line) > 0)
    .map<LineWork>((line) => {
      return { line, expected: piecesOf(line), found: 0, settled: false, replacements: [], discounts: [] }
    })
  const { unknown, added } = observe(works, draft.observations)
  const partial = draft.method === 'partial_rescan'
  const asked = new Map<string, number>()
  if (partial && draft.plan?.selection === 'random') {
    for (const each of askedPieces(verificationId, basket, draft.plan.pieces)) asked.set(each.lineId, each.pieces)
  } else if (draft.method === 'full_rescan') for (const { line, expected } of works) asked.set(line.lineId, expected)

  const lines = works.map((work) => ({
    lineId: work.line.lineId,
    sku: work.line.sku,
    name: work.line.name,
    expected: work.expected,
    found: foundOf(work),
    asked: asked.get(work.line.lineId) ?? 0,
  }))
  const differences = [
    ...works.flatMap((work) => differencesOf(work)),
    ...unknown.map(missingItem),
    ...added.map(addedItem),
  ]
  const notFound = draft.method === 'full_rescan' ? works.flatMap(notFoundOf) : []
  const progress = asked.size > 0 ? progressByLine(works, asked) : progressByPiece(works, unknown, draft.plan)
  return {
    ...progress,
    lines,
    unknown,
    differences,
    notFound,
    corrections: [...works.flatMap((work) => correctionsOf(work, draft.method)), ...newLines(unknown, added)],
    mustBecomeFull: partial && differences.length > 0,
    preventedLoss: preventedLossOf([...differences, ...notFound]),
  }
}

type Added = Extract<Observation, { kind: 'added' }>

function observe(works: readonly LineWork[], observations: readonly Observation[]) {
  const byId = new Map(works.map((work) => [work.line.lineId, work]))
  const byKey = new Map<string, LineWork[]>()
  for (const work of works) {
    const key = productKey(work.line.sku)
    byKey.set(key, [...(byKey.get(key) ?? []), work])
  }
  const unknown = new Map<string, UnknownCode>()
  const added: Added[] = []
  for (const observation of observations) {
    switch (observation.kind) {
      case 'scanned': {
        const key = productKey(observation.code)
        const same = byKey.get(key)
        if (same !== undefined) fill(same, observation.quantity)
        else {
          const known = unknown.get(key) ?? { code: observation.code, quantity: 0, named: null }
          unknown.set(key, { ...known, quantity: known.quantity + observation.quantity })
        }
        break
      }
      case 'counted': {
        const work = byId.get(observation.lineId)
        if (work === undefined) break
        work.found = observation.quantity
        work.settled = true
        break
      }
      case 'named': {
        const known = unknown.get(productKey(observation.code))
        const { name, unitPrice } = observation
        if (known !== undefined) unknown.set(productKey(observation.code), { ...known, named: { name, unitPrice } })
        break
      }
      case 'added':
        added.push(observation)
        break
      case 'replaced':
        byId.get(observation.lineId)?.replacements.push(observation)
        break
      case 'discounted':
        byId.get(observation.lineId)?.discounts.push(observation)
    }
  }
  // Scans of what replaced pieces of a line are accounted for by that line, whichever was said first.
  for (const { code, quantity } of works.flatMap((work) => work.replacements)) {
    const key = code === undefined ? undefined : productKey(code)
    const known = key === undefined ? undefined : unknown.get(key)
    if (key === undefined || known === undefined) continue
    if (known.quantity <= quantity) unknown.delete(key)
    else unknown.set(key, { ...known, quantity: known.quantity - quantity })
  }
  return { unknown: [...unknown.values()], added }
}

/** Gives scanned pieces to the lines of their product: first to those that lack some, what is too many to the last. */
function fill(same: readonly LineWork[], pieces: number): void {
  let left = pieces
  for (const [index, work] of same.entries()) {
    const room = index === same.length - 1 ? left : Math.min(left, Math.max(0, work.expected - work.found))
    if (room > 0) work.settled = false
    work.found += room
    left -= room
  }
}

const foundOf = (work: LineWork): number => work.found + exactSum(work.replacements.map(({ quantity }) => quantity))

function differencesOf(work: LineWork): Difference[] {
  const { line, expected, settled, replacements, discounts } = work
  const found = foundOf(work)
  const differences = replacements.map<Difference>(({ code, name, quantity, unitPrice }) => {
    const worth = quantity * (unitPrice - line.unitPrice)
    return {
      kind: 'wrong_item',
      lineId: line.lineId,
      sku: skuOf(code),
      name,
      quantity,
      value: Math.abs(worth),
      inFavourOf: worth >= 0 ? 'store' : 'shopper',
    }
  })
  if (found > expected) differences.push(quantityDifference('quantity_too_low', work))
  if (found < expected && settled) differences.push(quantityDifference('quantity_too_high', work))
  for (const { value, inFavourOf } of discounts) {
    differences.push({ kind: 'wrong_discount', lineId: line.lineId, sku: line.sku, value, inFavourOf })
  }
  return differences
}

function notFoundOf(work: LineWork): Difference[] {
  return foundOf(work) < work.expected && !work.settled ? [quantityDifference('quantity_too_high', work)] : []
}

/** `quantity_too_low`: the basket's is; more pieces are in the bag than the shopper would pay. */
function quantityDifference(kind: 'quantity_too_low' | 'quantity_too_high', work: LineWork): Difference {
  const { line, expected } = work
  const found = foundOf(work)
  return {
    kind,
    lineId: line.lineId,
    sku: line.sku,
    quantity: found,
    value: Math.abs(found - expected) * line.unitPrice,
    inFavourOf: kind === 'quantity_too_low' ? 'store' : 'shopper',
  }
}

function missingItem({ code, quantity, named }: UnknownCode): Difference {
  const value = named === null ? undefined : quantity * named.unitPrice
  return { kind: 'missing_item', sku: skuOf(code), name: named?.name, quantity, value, inFavourOf: 'store' }
}

function addedItem({ sku, name, quantity, unitPrice }: Added): Difference {
  return { kind: 'missing_item', sku, name, quantity, value: quantity * unitPrice, inFavourOf: 'store' }
}

/** What a code is called in a decision: its GTIN, or itself where that is no longer than an id may be. */
function skuOf(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  const read = readCode(code)
  const sku = idSchema.safeParse(read.kind === 'gtin' ? read.gtin : read.text)
  return sku.success ? sku.data : undefined
}

function correctionsOf(work: LineWork, method: CheckDraft['method']): Correction[] {
  const { line, expected, found, settled, replacements, discounts } = work
  const replaced = foundOf(work) - found
  // What a partial rescan did not look for is taken to be there.
  const rest = method === 'full_rescan' || settled ? 0 : Math.max(0, expected - found - replaced)
  const quantity = found + rest
  const adjustment = discounts.reduce(
    (sum, { value, inFavourOf }) => sum + (inFavourOf === 'store' ? value : -value),
    0,
  )
  const corrections: Correction[] = []
  if (quantity !== expected || adjustment !== 0) {
    corrections.push({ lineId: line.lineId, sku: line.sku, quantity, ...(adjustment === 0 ? {} : { adjustment }) })
  }
  for (const { code, name, quantity: pieces, unitPrice } of replacements) {
    corrections.push({ sku: skuOf(code), name, quantity: pieces, unitPrice })
  }
  return corrections
}

function newLines(unknown: readonly UnknownCode[], added: readonly Added[]): Correction[] {
  return [
    ...unknown.map(({ code, quantity, named }) => ({ sku: skuOf(code), quantity, ...named })),
    ...added.map(({ sku, name, quantity, unitPrice }) => ({ sku, name, quantity, unitPrice })),
  ]
}

function progressByLine(works: readonly LineWork[], asked: ReadonlyMap<string, number>): { done: number; of: number } {
  let [done, of] = [0, 0]
  for (const work of works) {
    const wanted = asked.get(work.line.lineId) ?? 0
    of += wanted
    // A line counted by hand needs no further scan, also where less is there.
    done += work.settled ? wanted : Math.min(foundOf(work), wanted)
  }
  return { done, of }
}

function progressByPiece(
  works: readonly LineWork[],
  unknown: readonly UnknownCode[],
  plan: CheckDraft['plan'],
): { done: number; of: number } {
  const of = Math.min(plan?.pieces ?? 0, exactSum(works.map(({ expected }) => expected)))
  const seen = exactSum([...works.map(foundOf), ...unknown.map(({ quantity }) => quantity)])
  return { done: Math.min(seen, of), of }
}

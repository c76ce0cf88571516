/** What became of the items of a basket, merged line by line over all reviews and ticks of all employees. */
import type { Decision, ItemOutcome } from '../protocol/decisions.ts'
import type { EmployeeRef } from '../protocol/primitives.ts'
import type { LineItem, SessionDocument, SettledLine } from '../protocol/session-document.ts'

/** One outcome as somebody said it. */
type Said = SettledLine['others'][number]

interface LineOutcomes {
  /** Of the first who arrived, as that employee corrected it last; null while only others that did not count say anything. */
  standing: Said | null
  /** What each other employee said last, by number. */
  others: Map<string, Said>
  /** When the word that counted was taken back last. */
  openSince: string | null
}

/** Outcomes under way in a fold, by line. */
export type ItemOutcomes = Map<string, LineOutcomes>

/** Whether an event may say what became of items. */
export function isAboutItems({ type }: { type: string }): boolean {
  return type === 'basket.reviewed' || type === 'basket.items_put_back'
}

/** The outcomes that a decision names line by line; none where it says something about all lines at once, or nothing. */
export function namedOutcomes(payload: unknown): { lineId: string; outcome: ItemOutcome }[] {
  const { items, putBack } = payload as { items?: unknown; putBack?: unknown }
  const list = items ?? putBack
  return Array.isArray(list) ? (list as { lineId: string; outcome: ItemOutcome }[]) : []
}

/** The lines of which a decision takes back what its employee said. */
export function takenBackLines(payload: unknown): string[] {
  const { takenBack } = payload as { takenBack?: unknown }
  return Array.isArray(takenBack) ? (takenBack as string[]) : []
}

type Review = Pick<NonNullable<SessionDocument['review']>, 'putBack' | 'employee' | 'at'>

/** What the first review says about every line that nobody had dealt with before; not where its word was taken back since. */
function asAWhole(review: Review | null, line: LineOutcomes | undefined): Said | null {
  if (review?.putBack !== true || (line?.openSince ?? '') > review.at) return null
  return { outcome: 'put_back', employee: review.employee, at: review.at }
}

/** The word that counts about a line. */
const standingOf = (line: LineOutcomes | undefined, review: Review | null): Said | null =>
  line?.standing ?? asAWhole(review, line)

/**
 * Takes in what a decision names. Of several employees the first counts, the others are kept beside; the same employee
 * may correct what was said before, or take it back: then nobody has dealt with the line, whatever others said that did
 * not count.
 * @param counts whether the decision was applied: one that was superseded never settles a line
 * @param review the first review, where it came before
 */
export function addOutcomes(
  outcomes: ItemOutcomes,
  payload: unknown,
  by: Omit<Said, 'outcome'>,
  counts: boolean,
  review: Review | null,
): void {
  const lineOf = (lineId: string): LineOutcomes => {
    const line = outcomes.get(lineId) ?? { standing: null, others: new Map(), openSince: null }
    outcomes.set(lineId, line)
    return line
  }
  const isOwn = (said: Said | null) => said?.employee.number === by.employee.number
  for (const { lineId, outcome } of namedOutcomes(payload)) {
    const line = lineOf(lineId)
    const said: Said = { outcome, employee: by.employee, at: by.at }
    const standing = standingOf(line, review)
    if (counts && (standing === null || isOwn(standing))) {
      // Saying the same again is no correction: since when it stands, it stands.
      if (standing?.outcome !== outcome) line.standing = said
    } else line.others.set(by.employee.number, said)
  }
  for (const lineId of takenBackLines(payload)) {
    const line = lineOf(lineId)
    line.others.delete(by.employee.number)
    if (!counts || !isOwn(standingOf(line, review))) continue
    line.standing = null
    line.openSince = by.at
  }
}

/**
 * The settled lines of a basket: those that were named, and all others where the first review says that the basket was put
 * back as a whole.
 */
export function settledLines(
  outcomes: ItemOutcomes,
  lines: readonly Pick<LineItem, 'lineId'>[],
  review: Review | null,
): SettledLine[] {
  const settled: SettledLine[] = []
  const ids = new Set([...lines.map(({ lineId }) => lineId), ...outcomes.keys()])
  const inBasket = new Set(lines.map(({ lineId }) => lineId))
  for (const lineId of ids) {
    const said = outcomes.get(lineId)
    const standing = said?.standing ?? (inBasket.has(lineId) ? asAWhole(review, said) : null)
    if (standing === null) continue
    const others = [...(said?.others.values() ?? [])].filter(
      ({ outcome, employee }) => outcome !== standing.outcome && employee.number !== standing.employee.number,
    )
    settled.push({ lineId, ...standing, others })
  }
  return settled
}

type BasketDecision = Extract<Decision, { type: 'basket.review' | 'basket.put_back' }>

/**
 * What a decision about items meets in a session: whether it adds something (a line that nobody settled, a correction of
 * one's own, or one's own word taken back, which competes with nobody), and whose word stands where it does not.
 */
export function meetOutcomes(
  session: Pick<SessionDocument, 'putBack' | 'lineItems'>,
  payload: BasketDecision['payload'],
  employee: EmployeeRef,
): { adds: boolean; standing: Said | null } {
  if (takenBackLines(payload).length > 0) return { adds: true, standing: null }
  const settled = new Map(session.putBack.map((line) => [line.lineId, line]))
  const inBasket = new Set(session.lineItems.map(({ lineId }) => lineId))
  let standing: Said | null = null
  for (const { lineId, outcome } of namedOutcomes(payload)) {
    const line = settled.get(lineId)
    if (line === undefined) {
      // A review may name what the basket never had; that settles nothing.
      if (inBasket.has(lineId)) return { adds: true, standing: null }
      continue
    }
    if (line.outcome !== outcome && line.employee.number === employee.number) return { adds: true, standing: null }
    if (standing === null || (line.outcome !== outcome && standing.outcome === outcome)) standing = line
  }
  return { adds: false, standing }
}

/**
 * Sort orders of all rows, one permutation per column, kept while rows change. A page is then a walk along the order over
 * the rows under the filter. Nulls come last in both directions; ties go by last activity, newest first, then by id.
 */
import { type Step, steps } from '#shared/session/abandoned-story.ts'
import { runningTotalMs } from '#shared/session/activity.ts'
import type { CodeColumn, NumberColumn } from './columns.ts'
import type { SessionSort } from './data-api.ts'
import { lowestBit, RowSet } from './row-set.ts'
import { SLICE_ROWS, sortByNumber, sortByText, type TextOf } from './row-sort.ts'
import type { Running, SessionColumns } from './session-columns.ts'

/** Rows that are changed one by one rather than sorted anew: this share of all. */
const MERGED_SHARE = 1 / 64
const MIN_MERGED = 1024
/** So many changed rows stand beside an order before they are put in, which takes a pass over all rows. */
const MAX_LATE = 1024
/** Rows looked at together while a page is far away. */
const STRIDE = 64
/** So many rows are sorted by comparing them: where the order is there, and where it would have to be made first. */
const SORTED_DIRECTLY = {
  prepared: 1_500,
  unprepared: 10_000,
  /** The first so many are selected in one pass where the order would have to be made. */
  selected: 1_000,
}

/** The value that a column sorts by. */
interface SortKey {
  isNull: (row: number) => boolean
  compare: (a: number, b: number) => number
  /** Sorts rows in place, ascending and stable, nulls last. @returns how many have a value */
  sort: (rows: Int32Array) => Generator<void, number>
  /** Rows whose value changes with the clock. */
  moving: () => Iterable<number>
}

/** Columns of few values need no order of their own: the newest first, dealt out to the values. */
const rankedSorts = [
  'client',
  'progress',
  'state',
  'storeId',
  'spotCheck',
  'ageVerification',
  'endReason',
  'currency',
  'rating',
  'reviewed',
  'furthestStep',
  'obstacle',
  'checkMethod',
] as const
type RankedSort = (typeof rankedSorts)[number]
type OrderedSort = Exclude<SessionSort, RankedSort>
const isRanked = (sort: SessionSort): sort is RankedSort => (rankedSorts as readonly SessionSort[]).includes(sort)

/** The values of a column in the order of the list; by code, the position of its value. */
interface Ranking {
  size: number
  codes: CodeColumn<unknown>['codes']
  ranks: Int32Array
}

interface PageSpan {
  descending: boolean
  offset: number
  limit: number
}

/** Rows in the order of one key. Ascending, but of `newestFirst` descending: that order breaks all ties. */
class RowOrder {
  private rows: Int32Array = new Int32Array(0)
  private length = 0
  /** Rows from here on have no value. */
  private nullsFrom = 0
  /** Rows from here on are not in the order yet. */
  private covered = 0
  private position: number | null = null
  /** Rows changed since they were put in, in this order; pages are read from both. */
  private late = new Int32Array(0)
  /** The same rows as a set: where they stand in `rows` means nothing any more. */
  private readonly isLate = new RowSet()

  constructor(
    private readonly columns: SessionColumns,
    private readonly key: SortKey,
    /** Null for the order that breaks the ties itself. */
    private readonly ties: RowOrder | null,
  ) {}

  /** True when `prepare` has nothing to do but to follow the clock. */
  get isReady(): boolean {
    return this.position === this.columns.changePosition
  }

  /** False before the first use or preparation, which sorts all rows; afterwards the order follows what changes. */
  get isMade(): boolean {
    return this.position !== null
  }

  /** Brings the order up to date, in slices of a few milliseconds. */
  *prepare(): Generator<void, void> {
    const { columns } = this
    const changed = this.position === null ? null : columns.changedSince(this.position)
    const moving = [...this.key.moving()]
    const most = Math.max(MIN_MERGED, columns.length * MERGED_SHARE)
    if (changed !== null && changed.length + moving.length <= most) {
      if (changed.length + moving.length > 0) this.follow([...changed, ...moving])
      this.position = columns.changePosition
      return
    }
    // Taken first: what changes between two slices is merged afterwards.
    const position = columns.changePosition
    yield* this.sortAll()
    this.position = position
    if (columns.changePosition !== position) yield* this.prepare()
  }

  /** Brings the order up to date at once. */
  update(): void {
    for (const _ of this.prepare());
  }

  /** All rows in this order. */
  toRows(): Int32Array {
    this.mergeLate()
    return this.rows.slice(0, this.length)
  }

  /** A page of the rows in `filter`, in this order or against it. */
  page(filter: RowSet, span: PageSpan): number[] {
    const late = [...this.late].filter((row) => filter.has(row))
    if (late.length === 0 && this.late.length === 0) return this.pageOfSorted(filter, span)
    const { descending, offset, limit } = span
    const compare = this.comparator(descending)
    late.sort(compare)
    // However many late rows come before the page, it lies in this longer one.
    const from = Math.max(0, offset - late.length)
    const longer = { descending, offset: from, limit: offset - from + limit }
    const sorted = this.pageOfSorted(this.withoutLate(filter), longer)
    const merged: number[] = []
    let before = 0
    if (from > 0) {
      const [first] = sorted
      if (first === undefined) before = late.length
      else while (before < late.length && compare(late[before] as number, first) < 0) before += 1
    }
    for (let [at, next] = [0, before]; merged.length < longer.limit && (at < sorted.length || next < late.length); ) {
      const [row, lateRow] = [sorted[at], late[next]]
      if (lateRow === undefined || (row !== undefined && compare(row, lateRow) < 0)) {
        merged.push(row as number)
        at += 1
      } else {
        merged.push(lateRow)
        next += 1
      }
    }
    const skipped = offset - from - before
    return merged.slice(skipped, skipped + limit)
  }

  /** A page of rows that are where they belong. */
  private pageOfSorted(filter: RowSet, { descending, offset, limit }: PageSpan): number[] {
    const backwards = descending !== (this.ties === null)
    if (!backwards) return this.walk(filter, 0, this.length, offset, limit, [])
    const page: number[] = []
    let skip = offset
    let at = this.nullsFrom - 1
    const { words } = filter
    while (at >= 0 && page.length < limit) {
      let before = at
      for (; skip > 0 && before - STRIDE >= 0; before -= STRIDE) {
        const hits = this.countIn(filter, before - STRIDE + 1, before + 1)
        if (hits > skip) break
        skip -= hits
      }
      // Backwards over rows that are not wanted; ties stay in their order, so a run of equal values is taken whole.
      for (; before >= 0; before -= 1) {
        const row = this.rows[before] as number
        if ((((words[row >> 5] as number) >>> (row & 31)) & 1) === 0) continue
        if (skip === 0) break
        skip -= 1
      }
      if (before < 0) break
      const start = this.startOfRun(before)
      const end = this.endOfRun(before, at + 1)
      const skipped = this.countIn(filter, before + 1, end)
      this.walk(filter, start, end, skipped, limit, page)
      at = start - 1
    }
    return this.walk(filter, this.nullsFrom, this.length, skip, limit, page)
  }

  /** Compares rows in this order, nulls last whatever the direction. */
  comparator(descending: boolean): (a: number, b: number) => number {
    const { key } = this
    const direction = descending !== (this.ties === null) ? -1 : 1
    return (a, b) => {
      const [aNull, bNull] = [key.isNull(a), key.isNull(b)]
      if (aNull !== bNull) return aNull ? 1 : -1
      const compared = aNull ? 0 : direction * key.compare(a, b)
      return compared !== 0 ? compared : this.ties === null ? compareIds(this.columns, a, b) : this.ties.compare(a, b)
    }
  }

  private compare(a: number, b: number): number {
    return this.key.compare(a, b) || compareIds(this.columns, a, b)
  }

  /** Calls `visit` for rows in `filter`, in this order, until it answers false. */
  each(filter: RowSet, visit: (row: number) => boolean): void {
    const late = [...this.late].filter((row) => filter.has(row))
    const { words } = this.withoutLate(filter)
    let next = 0
    let end = this.placeOf(late[next])
    for (let at = 0; ; at += 1) {
      for (; at === end && next < late.length; end = this.placeOf(late[next])) {
        if (!visit(late[next] as number)) return
        next += 1
      }
      if (at >= this.length) return
      const row = this.rows[at] as number
      if ((((words[row >> 5] as number) >>> (row & 31)) & 1) === 1 && !visit(row)) return
    }
  }

  /** Where a late row belongs among the sorted ones; their end without one. */
  private placeOf(late: number | undefined): number {
    if (late === undefined) return this.length
    const compare = this.comparator(this.ties === null)
    return this.firstWhere(0, this.length, (row) => compare(row, late) > 0)
  }

  /**
   * The first position from `low` to below `high` whose row answers yes, where all after it do too; else `high`. Late
   * rows are passed over: they answer as the next one does.
   */
  private firstWhere(low: number, high: number, answer: (row: number) => boolean): number {
    let [from, to] = [low, high]
    while (from < to) {
      const middle = (from + to) >> 1
      let at = middle
      while (at < to && this.isLate.has(this.rows[at] as number)) at += 1
      if (at === to || answer(this.rows[at] as number)) to = middle
      else from = at + 1
    }
    return from
  }

  private withoutLate(filter: RowSet): RowSet {
    if (this.late.length === 0) return filter
    const sorted = filter.clone()
    for (const row of this.late) sorted.delete(row)
    return sorted
  }

  private walk(filter: RowSet, from: number, to: number, offset: number, limit: number, page: number[]): number[] {
    const { rows } = this
    const { words } = filter
    let skip = offset
    let start = from
    // A deep page: whole strides are skipped without a branch per row.
    for (; skip > 0 && start + STRIDE <= to; start += STRIDE) {
      let hits = 0
      for (let at = start; at < start + STRIDE; at += 1) {
        const row = rows[at] as number
        hits += ((words[row >> 5] as number) >>> (row & 31)) & 1
      }
      if (hits > skip) break
      skip -= hits
    }
    for (let at = start; at < to && page.length < limit; at += 1) {
      const row = rows[at] as number
      if ((((words[row >> 5] as number) >>> (row & 31)) & 1) === 0) continue
      if (skip > 0) skip -= 1
      else page.push(row)
    }
    return page
  }

  private countIn(filter: RowSet, from: number, to: number): number {
    const { rows } = this
    const { words } = filter
    let count = 0
    for (let at = from; at < to; at += 1) {
      const row = rows[at] as number
      count += ((words[row >> 5] as number) >>> (row & 31)) & 1
    }
    return count
  }

  private startOfRun(at: number): number {
    const row = this.rows[at] as number
    const isSame = (other: number) => this.key.compare(other, row) === 0
    let step = 1
    let low = at
    for (;;) {
      const from = Math.max(0, low - step)
      const start = this.firstWhere(from, low, isSame)
      if (start > from || from === 0) return start
      low = from
      step *= 2
    }
  }

  /** @param high where the run has ended at the latest */
  private endOfRun(at: number, high: number): number {
    const row = this.rows[at] as number
    return this.firstWhere(at + 1, high, (other) => this.key.compare(other, row) !== 0)
  }

  private *sortAll(): Generator<void, void> {
    const { columns, key, ties } = this
    this.position = null
    if (ties !== null) yield* ties.prepare()
    const rows = ties === null ? allRows(columns.length) : ties.toRows()
    const valued = yield* key.sort(rows)
    this.forgetLate()
    this.rows = rows
    this.length = rows.length
    this.nullsFrom = valued
    this.covered = rows.length
  }

  /** Notes changed rows, and puts them in once they are many. */
  private follow(changed: readonly number[]): void {
    const { isLate } = this
    isLate.reserve(this.columns.length)
    const added: number[] = []
    for (const row of changed) {
      if (isLate.has(row)) continue
      isLate.add(row)
      added.push(row)
    }
    // Those noted before may have changed again.
    this.late = Int32Array.from([...this.late, ...added]).sort(this.comparator(this.ties === null))
    if (this.late.length > MAX_LATE) this.mergeLate()
  }

  private forgetLate(): void {
    for (const row of this.late) this.isLate.delete(row)
    this.late = new Int32Array(0)
  }

  /** Takes late rows out and puts them in where they belong now. */
  private mergeLate(): void {
    const { columns, key, late: inserted, isLate: moved } = this
    if (inserted.length === 0) return
    if (inserted.some((row) => row < this.covered)) this.take(moved)
    this.covered = columns.length
    const compare = this.comparator(this.ties === null)
    const needed = this.length + inserted.length
    if (needed > this.rows.length) {
      const rows = new Int32Array(Math.ceil(needed * 1.05))
      rows.set(this.rows.subarray(0, this.length))
      this.rows = rows
    }
    let end = this.length
    for (let i = inserted.length - 1; i >= 0; i -= 1) {
      const row = inserted[i] as number
      let [low, high] = [0, end]
      while (low < high) {
        const middle = (low + high) >> 1
        if (compare(this.rows[middle] as number, row) <= 0) low = middle + 1
        else high = middle
      }
      this.rows.copyWithin(low + i + 1, low, end)
      this.rows[low + i] = row
      end = low
      if (!key.isNull(row)) this.nullsFrom += 1
    }
    this.length = needed
    this.forgetLate()
  }

  private take(moved: RowSet): void {
    const { rows, nullsFrom } = this
    const { words } = moved
    let kept = 0
    let valued = 0
    for (let at = 0; at < this.length; at += 1) {
      const row = rows[at] as number
      const stays = 1 - (((words[row >> 5] as number) >>> (row & 31)) & 1)
      rows[kept] = row
      kept += stays
      valued += stays & Number(at < nullsFrom)
    }
    this.length = kept
    this.nullsFrom = valued
  }
}

function allRows(length: number): Int32Array {
  const rows = new Int32Array(length)
  for (let row = 0; row < length; row += 1) rows[row] = row
  return rows
}

function compareIds({ texts }: SessionColumns, a: number, b: number): number {
  return texts.compare(texts.idFrom(a), texts.idTo(a), texts.idFrom(b), texts.idTo(b)) || a - b
}

/**
 * @param value NaN for null
 * @param sortEqual sorts rows of one value further
 */
function numberKey(
  value: (row: number) => number,
  moving: () => Iterable<number> = () => [],
  sortEqual?: (rows: Int32Array) => Generator<void, void>,
): SortKey {
  return {
    isNull: (row) => Number.isNaN(value(row)),
    compare: (a, b) => value(a) - value(b),
    *sort(rows) {
      const keys = new Float64Array(rows.length)
      const valued = yield* nullsLast(rows, (row, count) => {
        // Plus 0: a negative zero has other bits.
        const key = value(row) + 0
        keys[count] = key
        return Number.isNaN(key)
      })
      yield* sortByNumber(rows.subarray(0, valued), keys.subarray(0, valued))
      if (sortEqual === undefined) return valued
      // By the keys as they were read: values may have changed since, and would hide who belongs together.
      let start = 0
      for (let at = 1; at <= valued; at += 1) {
        if (at < valued && keys[at] === keys[start]) continue
        if (at - start > 1) yield* sortEqual(rows.subarray(start, at))
        start = at
      }
      return valued
    },
    moving,
  }
}

/** Rows without a text say -1 for where it begins. */
function textKey({ texts }: SessionColumns, text: TextOf): SortKey {
  return {
    isNull: (row) => text.from(row) < 0,
    compare: (a, b) => texts.compare(text.from(a), text.to(a), text.from(b), text.to(b)),
    *sort(rows) {
      const valued = yield* nullsLast(rows, (row) => text.from(row) < 0)
      yield* sortByText(rows.subarray(0, valued), texts, text)
      return valued
    },
    moving: () => [],
  }
}

/**
 * Moves rows without a value to the end, all in their order.
 * @param isNull told the row and how many had a value before it
 * @returns how many have a value
 */
function* nullsLast(rows: Int32Array, isNull: (row: number, count: number) => boolean): Generator<void, number> {
  const nulls: number[] = []
  let count = 0
  for (let start = 0; start < rows.length; start += SLICE_ROWS) {
    const end = Math.min(rows.length, start + SLICE_ROWS)
    for (let at = start; at < end; at += 1) {
      const row = rows[at] as number
      if (isNull(row, count)) nulls.push(row)
      else {
        rows[count] = row
        count += 1
      }
    }
    yield
  }
  rows.set(nulls, count)
  return count
}

/** All sort orders of the list. */
export class SessionOrders {
  private readonly newestFirst: RowOrder
  private readonly ordered: Record<Exclude<OrderedSort, 'lastActivityAt'>, RowOrder>
  /** Total times that still run are taken up to here. */
  private nowMs = 0

  constructor(
    private readonly columns: SessionColumns,
    private readonly sortedDirectly = SORTED_DIRECTLY,
  ) {
    const { startedAt, lastActivityAfter, endedAfter, quantity, total, transactions, waitingMs, interactionMs, texts } =
      columns
    const id = { from: (row: number) => texts.idFrom(row), to: (row: number) => texts.idTo(row) }
    const customerId = { from: (row: number) => texts.customerFrom(row), to: (row: number) => texts.customerTo(row) }
    const newestFirst = new RowOrder(
      columns,
      numberKey(
        (row) => -(startedAt.get(row) + lastActivityAfter.get(row)),
        () => [],
        (rows) => sortByText(rows, texts, id),
      ),
      null,
    )
    const order = (key: SortKey) => new RowOrder(columns, key, newestFirst)
    this.newestFirst = newestFirst
    this.ordered = {
      startedAt: order(numberKey((row) => startedAt.get(row))),
      endedAt: order(numberKey((row) => startedAt.get(row) + endedAfter.get(row))),
      quantity: order(numberKey((row) => quantity.get(row))),
      total: order(numberKey((row) => total.get(row))),
      transactions: order(numberKey((row) => transactions.get(row))),
      waitingMs: order(this.runningKey(waitingMs, 'waitingSince')),
      interactionMs: order(this.runningKey(interactionMs, 'interactingSince')),
      id: order(textKey(columns, id)),
      customerId: order(textKey(columns, customerId)),
    }
  }

  /** Brings all orders up to date, in slices of a few milliseconds. */
  *prepare(): Generator<void, void> {
    for (const order of this.all()) {
      if (order.isReady) continue
      yield* order.prepare()
      yield
    }
  }

  /** True when `prepare` has nothing to do. */
  get isReady(): boolean {
    return this.all().every((order) => order.isReady)
  }

  /**
   * Rows of a page.
   * @param count how many rows are in `filter`
   * @param nowMs UTC milliseconds, server time
   */
  page(filter: RowSet, count: number, sort: SessionSort, span: PageSpan, nowMs: number): number[] {
    this.nowMs = nowMs
    if (span.offset >= count || span.limit <= 0) return []
    const ranking = isRanked(sort) ? this.ranking(sort, span.descending) : null
    const order =
      ranking !== null || sort === 'lastActivityAt' ? this.newestFirst : this.ordered[sort as keyof typeof this.ordered]
    if (count <= (order.isMade ? this.sortedDirectly.prepared : this.sortedDirectly.unprepared)) {
      const compare = ranking === null ? order.comparator(span.descending) : this.rankComparator(ranking)
      return [
        ...filter
          .toRows()
          .sort(compare)
          .subarray(span.offset, span.offset + span.limit),
      ]
    }
    const end = span.offset + span.limit
    if (!order.isMade && end <= this.sortedDirectly.selected) {
      const compare = ranking === null ? order.comparator(span.descending) : this.rankComparator(ranking)
      return firstRows(filter, end, compare).slice(span.offset)
    }
    order.update()
    return ranking === null ? order.page(filter, span) : this.rankedPage(filter, ranking, span)
  }

  /** All rows of a set in the order of a sort; makes that order ready in slices of a few milliseconds. */
  *inOrder(
    filter: RowSet,
    count: number,
    sort: SessionSort,
    descending: boolean,
    nowMs: number,
  ): Generator<void, Int32Array> {
    if (count > this.sortedDirectly.unprepared) {
      yield* this.newestFirst.prepare()
      if (!isRanked(sort) && sort !== 'lastActivityAt') yield* this.ordered[sort].prepare()
    }
    return Int32Array.from(this.page(filter, count, sort, { descending, offset: 0, limit: count }, nowMs))
  }

  private all(): RowOrder[] {
    return [this.newestFirst, ...Object.values(this.ordered)]
  }

  private runningKey(finished: NumberColumn, since: keyof Running): SortKey {
    const { running } = this.columns
    const total = (row: number) => {
      const sinceMs = running.size === 0 ? undefined : running.get(row)?.[since]
      const finishedMs = finished.get(row)
      return sinceMs === undefined || Number.isNaN(sinceMs)
        ? finishedMs
        : runningTotalMs(finishedMs, sinceMs, this.nowMs)
    }
    return numberKey(total, () => running.keys())
  }

  private ranking(sort: RankedSort, descending: boolean): Ranking {
    const { profiles, storeId, traits } = this.columns
    switch (sort) {
      case 'storeId':
        return { codes: storeId.codes, ...storeId.ranked((id) => id, descending) }
      case 'furthestStep':
        return { codes: traits.codes, ...traits.ranked((value) => placeOfStep(value.furthestStep), descending) }
      case 'obstacle':
      case 'checkMethod':
        return { codes: traits.codes, ...traits.ranked((value) => value[sort], descending) }
      default:
        return { codes: profiles.codes, ...profiles.ranked((profile) => profile[sort], descending) }
    }
  }

  private rankComparator({ codes, ranks }: Ranking): (a: number, b: number) => number {
    const rankOf = (row: number) => ranks[codes[row] as number] as number
    const newestFirst = this.newestFirst.comparator(true)
    return (a, b) => rankOf(a) - rankOf(b) || newestFirst(a, b)
  }

  /** One walk, newest first, that deals rows out to the values on the page. */
  private rankedPage(filter: RowSet, { size, codes, ranks }: Ranking, span: PageSpan): number[] {
    const counts = new Int32Array(size)
    countCodes(filter, codes, ranks.length).forEach((count, code) => {
      const rank = ranks[code] as number
      counts[rank] = (counts[rank] as number) + count
    })
    const skips = new Int32Array(size)
    const wanted = new Int32Array(size)
    const pages = Array.from(counts, (): number[] => [])
    let [skip, left] = [span.offset, span.limit]
    counts.forEach((count, rank) => {
      skips[rank] = Math.min(skip, count)
      wanted[rank] = Math.min(left, count - (skips[rank] as number))
      skip -= skips[rank] as number
      left -= wanted[rank] as number
    })
    let open = span.limit - left
    this.newestFirst.each(filter, (row) => {
      const rank = ranks[codes[row] as number] as number
      if ((wanted[rank] as number) === 0) return true
      if ((skips[rank] as number) > 0) skips[rank] = (skips[rank] as number) - 1
      else {
        wanted[rank] = (wanted[rank] as number) - 1
        pages[rank]?.push(row)
        open -= 1
      }
      return open > 0
    })
    return pages.flat()
  }
}

/** Unknown steps come after the known ones. */
function placeOfStep(step: string | null): number | null {
  if (step === null) return null
  const place = steps.indexOf(step as Step)
  return place < 0 ? steps.length : place
}

/** The first `count` rows of a set in an order: a heap holds the best so far, its worst on top. */
function firstRows(filter: RowSet, count: number, compare: (a: number, b: number) => number): number[] {
  const heap: number[] = []
  const sink = (row: number, from: number) => {
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && compare(heap[right] as number, heap[child] as number) > 0) child = right
      if (compare(heap[child] as number, row) <= 0) break
      heap[at] = heap[child] as number
      at = child
    }
    heap[at] = row
  }
  for (const row of filter) {
    if (heap.length < count) {
      heap.push(row)
      // Full: from now on it is a heap.
      if (heap.length === count) for (let at = count >> 1; at >= 0; at -= 1) sink(heap[at] as number, at)
    } else if (compare(row, heap[0] as number) < 0) sink(row, 0)
  }
  return heap.sort(compare)
}

/** How many rows of a set have each of `size` codes. */
export function countCodes({ words }: RowSet, codes: CodeColumn<unknown>['codes'], size: number): Int32Array {
  const counts = new Int32Array(size)
  for (let word = 0; word < words.length; word += 1) {
    for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
      const code = codes[word * 32 + lowestBit(rest)] as number
      counts[code] = (counts[code] as number) + 1
    }
  }
  return counts
}

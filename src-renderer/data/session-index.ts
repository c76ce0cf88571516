/**
 * The session index: summaries of all history in worker memory, as columns. Day blocks come first, newer documents write
 * over them, and rows with unsent decisions cover both; a row with a higher version wins, a deleted one stays deleted. It
 * can be rebuilt from IndexedDB at any time.
 *
 * Sort orders and text search are made at their first use, or before by `prepare`, and follow changes from then on.
 */
import { columnsOf, type DayBlock } from '#shared/protocol/day-block.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { CodeColumn } from './columns.ts'
import type { FacetValue, SessionFacets, SessionFilter, SessionKey, SessionPage, SessionQuery } from './data-api.ts'
import type { OverlayRow } from './database.ts'
import { RowSet } from './row-set.ts'
import { SessionColumns } from './session-columns.ts'
import {
  activitiesOf,
  asksForZones,
  countProfiles,
  dependsOnNow,
  type FieldFilter,
  hasLabel,
  labelFilterNames,
  labelFilters,
  narrow,
  narrowToStores,
  withoutLabels,
} from './session-filter.ts'
import { countCodes, SessionOrders } from './session-order.ts'
import { TextSearch } from './text-search.ts'
import { WallHours } from './wall-hours.ts'

/** What a filter answered: pages and sorts of the same filter share it, longer search texts start from it. */
interface Found {
  /** All that decides over the rows but the text. */
  fields: string
  text: string
  rows: RowSet
  count: number
  /** Made at the first page. */
  totals: SessionPage['totals'] | null
}

/** The few fields of sessions that lists over thousands of them go by. */
export type SessionOutline = Pick<SessionSummary, 'storeId' | 'id' | 'version' | 'quantity' | 'currency'>

/** Answers kept while nothing changes. */
const KEPT_ANSWERS = 8

export class SessionIndex {
  /** For exports, which read whole columns; nobody else writes them. */
  readonly columns = new SessionColumns()
  /** For charts. */
  readonly wallHours: WallHours
  private readonly orders: SessionOrders
  private readonly search = new TextSearch(this.columns)
  /** Grows whenever queries may answer something else. */
  revision = 0
  private found: Found[] = []
  private preparation: Generator<void, void> | null = null

  /**
   * @param zoneOf IANA id of a store's zone
   * @param sortedDirectly up to how many rows are sorted on their own rather than along a kept order
   */
  constructor(
    readonly zoneOf: (storeId: string) => string,
    sortedDirectly?: { prepared: number; unprepared: number; selected: number },
  ) {
    this.orders = new SessionOrders(this.columns, sortedDirectly)
    this.wallHours = new WallHours(this.columns, zoneOf)
  }

  /** Adds rows of a day block; rows already here with a higher version stay, deleted ones stay deleted. */
  addBlock(storeId: string, block: DayBlock): void {
    this.columns.put(storeId, block)
    this.forgetAnswers()
  }

  /** Applies newer documents' summaries and deletions. */
  addOverlay(rows: readonly OverlayRow[]): void {
    const byStore = new Map<string, SessionSummary[]>()
    for (const row of rows) {
      if (row.summary === null) this.columns.delete(row.storeId, row.id, row.version)
      else byStore.set(row.storeId, [...(byStore.get(row.storeId) ?? []), row.summary])
    }
    for (const [storeId, summaries] of byStore) this.columns.put(storeId, columnsOf(summaries))
    this.forgetAnswers()
  }

  /** Replaces the rows that show unsent decisions; those of sessions that are not here wait for them. */
  setPending(rows: readonly SessionSummary[]): void {
    const stores = [...new Set(rows.map((row) => row.storeId))]
    this.columns.setPending(
      stores.map((storeId) => {
        const ofStore = rows.filter((row) => row.storeId === storeId)
        return { storeId, block: columnsOf(ofStore), ids: ofStore.map((row) => row.id) }
      }),
    )
    this.forgetAnswers()
  }

  /** Forgets all of a store, its deletions too: what is added next counts, whatever its version. */
  dropStore(storeId: string): void {
    this.columns.dropStore(storeId)
    this.forgetAnswers()
  }

  /** A session as the screens show it. */
  get(storeId: string, id: string): SessionSummary | undefined {
    return this.summaryOf(this.columns.visibleRowOf(storeId, id))
  }

  /** A session as the backend confirmed it, without unsent decisions. */
  confirmed(storeId: string, id: string): SessionSummary | undefined {
    return this.summaryOf(this.columns.confirmedRowOf(storeId, id))
  }

  /** Rows of a store as the backend confirmed them. */
  *confirmedRows(storeId: string): Generator<SessionSummary> {
    const rows = this.columns.confirmed.clone()
    narrowToStores(rows, this.columns, [storeId])
    for (const row of rows) yield this.columns.summary(row)
  }

  /** How many rows there are, of all stores. */
  get size(): number {
    return this.columns.length
  }

  /** How many sessions of a store are known. */
  count(storeId: string): number {
    return this.columns.count(storeId)
  }

  /** Sessions of the stores that have not ended, unsent decisions applied. */
  openRows(storeIds: readonly string[]): SessionSummary[] {
    const rows = this.columns.visible.clone()
    rows.intersect(this.columns.open)
    narrowToStores(rows, this.columns, storeIds)
    return Array.from(rows, (row) => this.columns.summary(row))
  }

  /**
   * One page of the sessions under a filter, with the exact count and sums of all.
   * @param query its `storeIds` are taken literally: none matches nothing
   * @param staleAfterMinutes the setting of a store
   */
  query(query: SessionQuery, staleAfterMinutes: (storeId: string) => number): SessionPage {
    const { sort: _sort, descending: _descending, offset: _offset, limit: _limit, ...filter } = query
    const found = this.find(filter, staleAfterMinutes)
    const { rows, count } = found
    found.totals ??= this.totalsOf(rows)
    const page = this.orders.page(rows, count, query.sort, query, query.nowMs)
    return { complete: true, rows: page.map((row) => this.columns.summary(row)), count, totals: found.totals }
  }

  /** Count and sums of these sessions, unsent decisions applied; what is not here is left out. */
  totals(keys: readonly SessionKey[]): { count: number; totals: SessionPage['totals'] } {
    const rows = this.visibleRows(keys)
    return { count: rows.size, totals: this.totalsOf(rows) }
  }

  /**
   * All rows under a filter in its order, as of now, for `shownRows`; takes slices of a few milliseconds.
   * @param query its `storeIds` are taken literally: none matches nothing
   * @param only these sessions alone; null for all
   */
  *rowsOf(
    { sort, descending, ...filter }: Omit<SessionQuery, 'offset' | 'limit'>,
    only: readonly SessionKey[] | null,
    staleAfterMinutes: (storeId: string) => number,
  ): Generator<void, Int32Array> {
    const rows = this.rowsAmong(filter, only, staleAfterMinutes)
    // Taken before the first pause: rows with unsent decisions may show others afterwards.
    const covered = this.columns.coveredRows()
    const ordered = yield* this.orders.inOrder(rows, rows.size, sort, descending, filter.nowMs)
    return ordered.map((row) => covered.get(row) ?? row)
  }

  /**
   * All rows under a filter, not to be changed: the next question may get the same set.
   * @param filter its `storeIds` are taken literally: none matches nothing
   */
  rowsUnder(
    filter: SessionFilter & Pick<SessionQuery, 'nowMs'>,
    staleAfterMinutes: (storeId: string) => number,
  ): RowSet {
    return this.find(filter, staleAfterMinutes).rows
  }

  /** What tells apart and weighs the sessions of a set: a fifth of what whole rows take. Sessions come in no order. */
  outlines(rows: RowSet): SessionOutline[] {
    const { storeId, texts, version, quantity, profiles } = this.columns
    return Array.from(rows.toRows(), (row) => ({
      storeId: storeId.get(row),
      id: texts.id(row),
      version: version.get(row),
      quantity: quantity.get(row),
      currency: profiles.get(row).currency,
    }))
  }

  /** The set of the same rows, without their order. */
  rowSetOf(
    { sort: _sort, descending: _descending, ...filter }: Omit<SessionQuery, 'offset' | 'limit'>,
    only: readonly SessionKey[] | null,
    staleAfterMinutes: (storeId: string) => number,
  ): RowSet {
    const rows = this.rowsAmong(filter, only, staleAfterMinutes)
    for (const [row, covered] of this.columns.coveredRows()) {
      if (!rows.has(row)) continue
      rows.delete(row)
      rows.add(covered)
    }
    return rows
  }

  /** The rows that show sessions now, which `rowsOf` answered before; those of deleted sessions are left out. */
  shownRows(rows: Int32Array): Int32Array {
    const { visible, confirmed } = this.columns
    if (rows.every((row) => visible.has(row))) return rows
    const covering = new Map([...this.columns.coveredRows()].map(([row, covered]) => [covered, row]))
    return rows.filter((row) => confirmed.has(row)).map((row) => covering.get(row) ?? row)
  }

  private rowsAmong(
    filter: SessionFilter & Pick<SessionQuery, 'nowMs'>,
    only: readonly SessionKey[] | null,
    staleAfterMinutes: (storeId: string) => number,
  ): RowSet {
    const { rows } = this.find(filter, staleAfterMinutes)
    if (only === null) return rows.clone()
    const among = this.visibleRows(only)
    among.intersect(rows)
    return among
  }

  private visibleRows(keys: readonly SessionKey[]): RowSet {
    const rows = new RowSet()
    rows.reserve(this.columns.length)
    for (const { storeId, id } of keys) {
      const row = this.columns.visibleRowOf(storeId, id)
      if (row >= 0) rows.add(row)
    }
    return rows
  }

  /**
   * For each filter of few values how many sessions have which, under all other filters.
   * @param filter its `storeIds` are taken literally: none matches nothing
   * @param staleAfterMinutes the setting of a store
   */
  facets(
    filter: SessionFilter & Pick<SessionQuery, 'nowMs'>,
    staleAfterMinutes: (storeId: string) => number,
  ): SessionFacets {
    const { profiles } = this.columns
    const { nowMs, text, ...fields } = filter
    const wide = this.columns.visible.clone()
    narrowToStores(wide, this.columns, filter.storeIds)
    const occurring = countCodes(wide, profiles.codes, profiles.values.length)
    // All conditions that labels do not answer: what they leave is counted by labels once, for all menus.
    const moment = { nowMs, staleAfterMinutes }
    const { rows } = this.find({ ...withoutLabels(fields), nowMs, text }, staleAfterMinutes)
    const counts = countProfiles(rows, this.columns, moment)
    const tallies = new Map<keyof SessionFacets, Map<string, number>>()
    const add = (name: keyof SessionFacets, value: string | number | boolean, count: number) => {
      const tally = tallies.get(name) ?? new Map<string, number>()
      tallies.set(name, tally.set(String(value), (tally.get(String(value)) ?? 0) + count))
    }
    profiles.values.forEach((profile, code) => {
      if (occurring[code] === 0) return
      const failed: (keyof SessionFacets)[] = labelFilterNames.filter((name) => !hasLabel(filter, name, profile))
      const activities = activitiesOf(profile)
      for (const side of ['before', 'after'] as const) {
        if (side === 'after' && activities.after === activities.before) continue
        const activity = activities[side]
        const count = counts[side][code] as number
        const isWanted = filter.activity.length === 0 || filter.activity.includes(activity)
        const [first, second] = isWanted ? failed : [...failed, 'activity' as const]
        // A menu leaves its own filter out of account: what fails there alone still counts there.
        const countFor = (name: keyof SessionFacets) =>
          first === undefined || (first === name && second === undefined) ? count : 0
        add('activity', activity, countFor('activity'))
        for (const name of labelFilterNames) add(name, labelFilters[name](profile), countFor(name))
      }
    })
    const valuesOf = (name: keyof SessionFacets): FacetValue[] => inMenuOrder(tallies.get(name) ?? new Map())
    return {
      activity: valuesOf('activity'),
      state: valuesOf('state'),
      progress: valuesOf('progress'),
      client: valuesOf('client'),
      spotCheck: valuesOf('spotCheck'),
      ageVerification: valuesOf('ageVerification'),
      endReason: valuesOf('endReason'),
      currency: valuesOf('currency'),
      rating: valuesOf('rating'),
      reviewed: valuesOf('reviewed'),
      abandoned: valuesOf('abandoned'),
      withCheck: valuesOf('withCheck'),
      neverServed: valuesOf('neverServed'),
      ...this.traitFacets(filter, wide, staleAfterMinutes),
    }
  }

  /** Menus of traits: while none of them narrows, all are counted over the same rows. */
  private traitFacets(
    filter: SessionFilter & Pick<SessionQuery, 'nowMs'>,
    wide: RowSet,
    staleAfterMinutes: (storeId: string) => number,
  ): Pick<SessionFacets, 'furthestStep' | 'obstacle' | 'checkMethod' | 'checkedBy'> {
    const known = new Map<RowSet, Map<CodeColumn<unknown>, Int32Array>>()
    const count = (rows: RowSet, column: CodeColumn<unknown>): Int32Array => {
      const ofRows = known.get(rows) ?? new Map<CodeColumn<unknown>, Int32Array>()
      known.set(rows, ofRows)
      const counts = ofRows.get(column) ?? countCodes(rows, column.codes, column.values.length)
      ofRows.set(column, counts)
      return counts
    }
    const valuesOf = <Value>(
      name: 'furthestStep' | 'obstacle' | 'checkMethod' | 'checkedBy',
      column: CodeColumn<Value>,
      labelOf: (value: Value) => string | null,
    ): FacetValue[] => {
      const { rows } = this.find({ ...filter, [name]: [] }, staleAfterMinutes)
      const counts = count(rows, column)
      const occurring = count(wide, column)
      const tally = new Map<string, number>()
      column.values.forEach((value, code) => {
        const label = labelOf(value)
        if (label !== null && occurring[code] !== 0)
          tally.set(label, (tally.get(label) ?? 0) + (counts[code] as number))
      })
      return inMenuOrder(tally)
    }
    const { traits, checkedBy } = this.columns
    return {
      furthestStep: valuesOf('furthestStep', traits, (value) => value.furthestStep),
      obstacle: valuesOf('obstacle', traits, (value) => value.obstacle),
      checkMethod: valuesOf('checkMethod', traits, (value) => value.checkMethod),
      checkedBy: valuesOf('checkedBy', checkedBy, (value) => value),
    }
  }

  /** From here on text search is kept ready: it takes memory that those who never search need not give. */
  expectSearch(): void {
    this.search.isWanted = true
  }

  /**
   * Makes sort orders and, where it is expected, text search ahead of their first use, a few milliseconds at a time,
   * while there is nothing else to do.
   * @param goOn asked between two slices
   * @returns whether work is left
   */
  prepare(goOn: () => boolean): boolean {
    while (goOn()) {
      if (this.preparation === null) {
        if (this.orders.isReady && (this.search.isReady || !this.search.isWanted)) return false
        this.columns.compact()
        this.preparation = this.prepareAll()
      }
      if (this.preparation.next().done === true) this.preparation = null
    }
    return true
  }

  private forgetAnswers(): void {
    this.found = []
    this.revision += 1
  }

  private summaryOf(row: number): SessionSummary | undefined {
    return row < 0 ? undefined : this.columns.summary(row)
  }

  private *prepareAll(): Generator<void, void> {
    yield* this.orders.prepare()
    if (this.search.isWanted) yield* this.search.prepare()
  }

  private find(
    { nowMs, text, ...filter }: SessionFilter & Pick<SessionQuery, 'nowMs'>,
    staleAfterMinutes: (storeId: string) => number,
  ): Found {
    const needle = text.trim().toLowerCase()
    const fields = this.fieldsOf(filter, nowMs, staleAfterMinutes)
    const known = this.found.find((found) => found.fields === fields && found.text === needle)
    if (known !== undefined) {
      this.keep(known)
      return known
    }
    const wider = this.found
      .filter((found) => found.fields === fields && needle.includes(found.text))
      .sort((a, b) => a.count - b.count)[0]
    const rows = (wider?.rows ?? this.columns.visible).clone()
    if (wider === undefined)
      narrow(rows, this.columns, this.wallHours, this.zoneOf, filter, { nowMs, staleAfterMinutes })
    if (needle !== '') this.search.narrow(rows, needle)
    const found = { fields, text: needle, rows, count: rows.size, totals: null }
    this.keep(found)
    return found
  }

  private keep(found: Found): void {
    this.found = [found, ...this.found.filter((other) => other !== found)].slice(0, KEPT_ANSWERS)
  }

  private fieldsOf(filter: FieldFilter, nowMs: number, staleAfterMinutes: (storeId: string) => number): string {
    const parts: unknown[] = [filter]
    if (dependsOnNow(filter, this.columns)) parts.push(nowMs, filter.storeIds.map(staleAfterMinutes))
    if (asksForZones(filter)) parts.push(filter.storeIds.map(this.zoneOf))
    return JSON.stringify(parts)
  }

  private totalsOf(rows: RowSet): SessionPage['totals'] {
    const { quantity, total, profiles } = this.columns
    const currencies = [...new Set(profiles.values.map((profile) => profile.currency))].sort()
    const positions = Int32Array.from(profiles.values, (profile) => currencies.indexOf(profile.currency))
    const { sum, groups } = rows.sums(quantity.data, total.data, profiles.codes, positions, currencies.length)
    const byCurrency = currencies.map((currency, at) => ({ currency, total: groups.sums[at] as number }))
    return { quantity: sum, byCurrency: byCurrency.filter((_, at) => (groups.counts[at] as number) > 0) }
  }
}

/** Most frequent first. */
const inMenuOrder = (tally: ReadonlyMap<string, number>): FacetValue[] =>
  [...tally]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))

/**
 * What the charts ask of the session index. Instants are UTC milliseconds, money is minor units, durations are milliseconds,
 * shares are 0 to 1. A number that nobody knows is null, never 0.
 */
import type { ContactEnd, Missing } from '#shared/time/contact-end.ts'
import type { SessionFilter } from './data-api.ts'

export type BucketSize = 'hour' | 'day' | 'week'

/** Which sessions: those under the list's filter, by their start. */
export interface ChartQuery {
  filter: SessionFilter
  nowMs: number
  bucket: BucketSize
  /** IANA zone in which the frame's instants are given; each session counts in its own store's local time. */
  zone: string
  /** ISO 4217; money counts sessions of this currency alone. Null takes the most frequent. */
  currency: string | null
}

/** A stretch of local time, in order; a week starts on Monday. */
export interface Bucket {
  /** Local wall time of its start: `2026-11-25`, or `2026-11-25T14` for an hour. */
  label: string
  /** In the query's zone; days of 23 and 25 hours are that long. */
  from: number
  to: number
  /** Some store has not come to its end yet, though one has to its beginning. */
  isPartial: boolean
  /** Its first and last wall hour: as the list's filter `storeTime` they find the sessions behind it. */
  first: string
  last: string
}

export interface ChartFrame {
  /** To now at the most. */
  from: number
  to: number
  /** As asked for, or larger where there would be too many. */
  bucket: BucketSize
  buckets: Bucket[]
  /** Currency of all money, and how many sessions have which. */
  currency: string
  currencies: { currency: string; count: number }[]
  /** As `SessionPage.complete`. */
  complete: boolean
  /** Sessions under the filter. */
  sessions: number
}

/**
 * A figure of the period and of the one before it, of the same length: as many days earlier where it is whole days, and as much
 * of it where the period is not over in a store. Days without an end are compared up to the present one. `before` is null where
 * the period has no beginning, and where hours of store time are asked for, which are no period.
 */
export interface Compared {
  value: number | null
  before: number | null
}

/** p50 and p95 over sessions that have a value; null where none has. */
export interface Quantiles {
  p50: number | null
  p95: number | null
}

/** A share with its 95 % interval (Wilson); null where nothing was counted. */
export interface Rate {
  hits: number
  of: number
  share: number | null
  low: number | null
  high: number | null
}

export interface TodayFigures {
  now: {
    ongoing: number
    stale: number
    paidNotExited: number
    waiting: number
    /** Since when the one waits that waits longest; null where nobody does. */
    longestWaitSince: number | null
    inCheck: number
  }
  /** Each store's own day so far, and `before`: the same weekday a week ago up to the same time of day. */
  sessions: Compared
  completed: Compared
  abandoned: Compared
  sales: Compared
  abandonedValue: Compared
  checks: Compared
  checksWithFinding: Compared
  preventedLoss: Compared
  waitingP95Ms: Compared
  /**
   * By hour of the store's day, 0 to 23. `sessions` is null for hours still to come in every store; those that are over in some
   * stores only are partial.
   */
  hours: {
    hour: number
    sessions: number | null
    before: number
    sales: number | null
    salesBefore: number
    isPartial: boolean
  }[]
  currency: string
  currencies: ChartFrame['currencies']
  complete: boolean
}

export interface SessionFigures extends ChartFrame {
  totals: {
    started: Compared
    completed: Compared
    abandoned: Compared
    cancelled: Compared
    returned: Compared
    /** Of paid sessions. */
    value: Compared
    basketValue: Compared
    basketItems: Compared
    rating: Compared
  }
  series: {
    started: number
    completed: number
    abandoned: number
    cancelled: number
    returned: number
    value: number
    /** Means over paid sessions; null where there are none. */
    basketValue: number | null
    basketItems: number | null
    rating: number | null
    ratings: number
  }[]
  clients: { client: string; sessions: number; value: number; byBucket: number[] }[]
  /** Sessions by rating 1 to 5, and without. */
  ratings: { rating: number; sessions: number }[]
  weekdays: { weekday: number; sessions: number; value: number }[]
  stores: { storeId: string; sessions: number; completed: number; abandoned: number; value: number }[]
}

export interface ConversionFigures extends ChartFrame {
  /** In order; `reached` counts sessions whose furthest step is this or a later one. */
  steps: {
    step: string
    reached: Compared
    /** Ended without going further, and what their baskets were worth. */
    lost: number
    lostValue: number
    /** Still open here. */
    open: number
  }[]
  /** Sessions with more than one payment attempt, and how many of them were paid after all. */
  secondAttempt: Rate
  /** Where unpaid sessions stopped, by obstacle. */
  obstacles: { obstacle: string; sessions: number; value: number }[]
  series: { started: number; paid: number; share: number | null }[]
}

export interface CheckFigures extends ChartFrame {
  totals: {
    /** Sessions with one. */
    spotChecks: Compared
    ageVerifications: Compared
    preventedLoss: Compared
    waitingP50Ms: Compared
    waitingP95Ms: Compared
    interactionP50Ms: Compared
    /** Sessions that ended with a check to which nobody ever came. */
    neverServed: Compared
  }
  /** Among paid or ended sessions. */
  spotCheckRate: Rate
  outcomes: { kind: 'spot_check' | 'age_verification'; outcome: string; count: number }[]
  series: {
    spotChecks: number
    ageVerifications: number
    waiting: Quantiles
    interaction: Quantiles
    preventedLoss: number
    neverServed: number
  }[]
  /** Sessions that waited, in seconds: 0–15, 15–30, 30–45, 45–60, over 60; and those of them that waited to the end, for nobody. */
  waitingBuckets: { fromMs: number; toMs: number | null; count: number; neverServed: number }[]
  /** Checks with a finding, by method: how far partial ones lie below full ones is the store's own gap. */
  methods: { method: string; finding: Rate; preventedLoss: number }[]
  /** Null for those who may not see it. */
  employees: { number: string; checks: number; finding: Rate; interaction: Quantiles }[] | null
}

export interface AbandonedFigures extends ChartFrame {
  totals: { count: Compared; value: Compared; share: Compared; items: Compared }
  series: { count: number; value: number; started: number }[]
  lastSteps: { step: string; sessions: number; value: number }[]
  obstacles: { obstacle: string; sessions: number; value: number }[]
  clients: { client: string; abandoned: Rate; value: number }[]
  hours: { hour: number; abandoned: Rate; value: number }[]
}

export const heatMeasures = [
  'sessions',
  'value',
  'abandoned',
  'abandonedShare',
  'abandonedValue',
  'checks',
  'waitingP50Ms',
  'waitingP95Ms',
  'rating',
  'preventedLoss',
] as const
export type HeatMeasure = (typeof heatMeasures)[number]

export interface HeatQuery extends Omit<ChartQuery, 'bucket'> {
  measure: HeatMeasure
  /** Null while there is contact. */
  contactEnd: ContactEnd | null
}

export interface HeatMap extends Omit<ChartFrame, 'bucket' | 'buckets'> {
  measure: HeatMeasure
  /** Monday (0) to Sunday (6) by hour 0 to 23; a value of null is unknown, not zero. */
  cells: {
    weekday: number
    hour: number
    value: number | null
    sessions: number
    /** How many such hours the period has. */
    hours: number
    /** What of them lies after the end of contact. */
    missing: Missing | null
  }[]
}

/** Since the last contact to the backend this PC knows nothing of what happened: charts shade that stretch. */
export interface ContactGap {
  storeId: string
  /** To now. */
  from: number
}

export interface ChartApi {
  today(query: Omit<ChartQuery, 'bucket'>): Promise<TodayFigures>
  sessionFigures(query: ChartQuery): Promise<SessionFigures>
  conversionFigures(query: ChartQuery): Promise<ConversionFigures>
  checkFigures(query: ChartQuery): Promise<CheckFigures>
  abandonedFigures(query: ChartQuery): Promise<AbandonedFigures>
  heatMap(query: HeatQuery): Promise<HeatMap>
  /** Stores without contact now; after a pull nothing is missing any more. */
  contactGaps(storeIds: string[]): Promise<ContactGap[]>
}

/** The same for screens, one question at a time: one whose signal is aborted before its turn is not asked, and rejects with the reason. */
export type ChartQuestions = {
  [Name in keyof ChartApi]: (query: Parameters<ChartApi[Name]>[0], signal?: AbortSignal) => ReturnType<ChartApi[Name]>
}

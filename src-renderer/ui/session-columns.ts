/** The columns a list of sessions can have: what they are called, how wide they are, what they sort by. */
import type { SessionSort } from '../data/data-api.ts'

export interface SessionColumn {
  title: string
  /** Pixels, of a list nobody has changed. */
  width: number
  /** Shown in a list nobody has changed. */
  shown?: boolean
  sort?: SessionSort
  /** Numbers stand at the right, so that their digits line up. */
  right?: boolean
  /** Takes a share of the room that is left. */
  wide?: boolean
  /** Only for whoever may see figures of single employees. */
  ofEmployees?: boolean
}

export const MIN_COLUMN_WIDTH = 36
export const MAX_COLUMN_WIDTH = 640

const columns = {
  activity: { title: 'Activity', width: 78, shown: true },
  lastActivityAt: { title: 'Last activity', width: 98, shown: true, sort: 'lastActivityAt' },
  startedAt: { title: 'Start', width: 88, shown: true, sort: 'startedAt' },
  endedAt: { title: 'End', width: 92, sort: 'endedAt' },
  duration: { title: 'Duration', width: 84, right: true },
  client: { title: 'Client', width: 116, shown: true, sort: 'client' },
  quantity: { title: 'Items', width: 40, shown: true, sort: 'quantity', right: true },
  total: { title: 'Value', width: 76, shown: true, sort: 'total', right: true },
  currency: { title: 'Currency', width: 68, sort: 'currency' },
  storeId: { title: 'Store', width: 122, shown: true, sort: 'storeId', wide: true },
  progress: { title: 'Progress', width: 172, shown: true, sort: 'progress', wide: true },
  state: { title: 'State', width: 92, sort: 'state' },
  spotCheck: { title: 'Spot check', width: 92, shown: true, sort: 'spotCheck', wide: true },
  ageVerification: { title: 'Age check', width: 92, shown: true, sort: 'ageVerification', wide: true },
  waitingMs: { title: 'Waiting', width: 56, shown: true, sort: 'waitingMs', right: true },
  interactionMs: { title: 'Interaction', width: 78, sort: 'interactionMs', right: true },
  transactions: { title: 'Payments', width: 70, sort: 'transactions', right: true },
  rating: { title: 'Rating', width: 64, sort: 'rating' },
  reviewed: { title: 'Reviewed', width: 72, sort: 'reviewed' },
  endReason: { title: 'Ended by', width: 138, sort: 'endReason' },
  furthestStep: { title: 'Came as far as', width: 188, sort: 'furthestStep' },
  obstacle: { title: 'What stood in the way', width: 176, sort: 'obstacle' },
  checkMethod: { title: 'Checked by', width: 108, sort: 'checkMethod' },
  checkedBy: { title: 'Checked by employee', width: 152, ofEmployees: true },
  differences: { title: 'Differences', width: 84, right: true },
  customerId: { title: 'Customer', width: 104, sort: 'customerId', wide: true },
  id: { title: 'Session', width: 104, sort: 'id', wide: true },
} satisfies Record<string, SessionColumn>

export type SessionColumnId = keyof typeof columns

/** In the order of a list nobody has changed. */
export const sessionColumnIds = Object.keys(columns) as SessionColumnId[]

export const sessionColumn = (id: SessionColumnId): SessionColumn => columns[id]

export const isSessionColumn = (id: string): id is SessionColumnId => Object.hasOwn(columns, id)

/** Whether somebody can have a column: known here, and none of single employees where they may not see those. */
export const isOpenColumn = (id: string, maySeeEmployees: boolean): id is SessionColumnId =>
  isSessionColumn(id) && (maySeeEmployees || sessionColumn(id).ofEmployees !== true)

/** Title of the column that a list is sorted by. */
export const sortTitle = (sort: SessionSort): string =>
  sessionColumn(sessionColumnIds.find((id) => sessionColumn(id).sort === sort) ?? 'lastActivityAt').title

/**
 * Saved views: filters, sort and columns under a name, kept on this PC. They are checked when read; one that a newer
 * version saved, or that is damaged, is kept as it is and reported. Windows see each other's changes.
 */
import { create, type StoreApi, type UseBoundStore } from 'zustand'
import { randomId } from '#shared/time/clock.ts'
import { type ColumnLayout, readLayout } from './column-layout.ts'
import type { SessionsSearch } from './sessions-search.ts'

export interface SavedView {
  id: string
  name: string
  /** As in the URL of the list. */
  search: SessionsSearch
  /** Null leaves the columns as they are. */
  columns: ColumnLayout | null
}

/** Views that come with the console; they cannot be changed. */
export const builtInViews: readonly SavedView[] = [
  { id: 'waiting', name: 'Waiting now', search: { waitingNow: true, sort: 'waitingMs' }, columns: null },
  { id: 'stale', name: 'Stale', search: { activity: ['stale'] }, columns: null },
  { id: 'paid', name: 'Paid, not exited', search: { activity: ['paid_not_exited'] }, columns: null },
  { id: 'today', name: 'Today', search: { started: 'today', sort: 'startedAt' }, columns: null },
  {
    id: 'abandoned',
    name: 'Abandoned, not reviewed',
    search: { progress: ['abandoned'], reviewed: false },
    columns: null,
  },
]

/** The list as nobody has filtered it. */
export const allSessionsView: SavedView = { id: 'all', name: 'All sessions', search: {}, columns: null }

/** All views in the order of menus. */
export const allViews = (saved: readonly SavedView[]): SavedView[] => [allSessionsView, ...builtInViews, ...saved]

/** How this version writes a view. */
const VERSION = 1
export const VIEWS_KEY = 'floorwalker.views'
/** Where a text goes that is no list of views at all. */
const UNREADABLE_KEY = 'floorwalker.views.unreadable'
export const MAX_NAME_LENGTH = 60

/** A view that this version cannot use: kept, in its place. */
export interface KeptView {
  raw: unknown
  /** Its name, where it has one. */
  name: string | null
}

type Entry = { view: SavedView } | { kept: KeptView }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readEntry(raw: unknown): Entry {
  if (isRecord(raw) && raw.version === VERSION) {
    const { id, name, search, columns } = raw
    if (typeof id === 'string' && typeof name === 'string' && isRecord(search))
      return { view: { id, name, search, columns: columns === null ? null : readLayout(columns) } }
  }
  return { kept: { raw, name: isRecord(raw) && typeof raw.name === 'string' ? raw.name : null } }
}

const writeEntry = (entry: Entry): unknown => ('view' in entry ? { version: VERSION, ...entry.view } : entry.kept.raw)

/** Reads what is kept; null where the text is no list of views. */
function readEntries(text: string | null): Entry[] | null {
  if (text === null) return []
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? entries.map(readEntry) : null
  } catch {
    return null
  }
}

export interface SavedViewsState {
  views: SavedView[]
  /** Those that this version cannot use. */
  kept: KeptView[]
  /** Why the last change could not be saved; null when it was. */
  problem: string | null
  /** Saves a new view and answers it. */
  save(view: Omit<SavedView, 'id'>): SavedView
  /** Changes parts of a view. */
  update(id: string, change: Partial<Omit<SavedView, 'id'>>): void
  remove(id: string): void
  /** Reads again: another window changed something. */
  refresh(): void
}

/** @param storage survives restarts, such as `localStorage` */
export function createSavedViews(
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  mintId = randomId,
): UseBoundStore<StoreApi<SavedViewsState>> {
  /** Always what is kept now: two windows must not undo each other's changes. */
  const read = (): Entry[] => {
    const text = storage.getItem(VIEWS_KEY)
    const entries = readEntries(text)
    if (entries !== null) return entries
    storage.setItem(UNREADABLE_KEY, text ?? '')
    return []
  }
  const shown = (entries: readonly Entry[]) => ({
    views: entries.flatMap((entry) => ('view' in entry ? entry.view : [])),
    kept: entries.flatMap((entry) => ('kept' in entry ? entry.kept : [])),
  })
  return create<SavedViewsState>()((set) => {
    const change = (next: (entries: Entry[]) => Entry[]) => {
      const entries = next(read())
      try {
        storage.setItem(VIEWS_KEY, JSON.stringify(entries.map(writeEntry)))
        set({ ...shown(entries), problem: null })
      } catch (error) {
        set({ problem: error instanceof Error ? error.message : String(error) })
      }
    }
    return {
      ...shown(read()),
      problem: null,
      save: (view) => {
        const saved = { ...view, id: mintId() }
        change((entries) => [...entries, { view: saved }])
        return saved
      },
      update: (id, changed) =>
        change((entries) =>
          entries.map((entry) =>
            'view' in entry && entry.view.id === id ? { view: { ...entry.view, ...changed } } : entry,
          ),
        ),
      remove: (id) => change((entries) => entries.filter((entry) => !('view' in entry) || entry.view.id !== id)),
      refresh: () => set(shown(read())),
    }
  })
}

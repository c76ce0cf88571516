import { expect, it } from 'vitest'
import { createSavedViews, VIEWS_KEY } from './saved-views.ts'
import { readSessionsSearch } from './sessions-search.ts'

function memoryStorage(kept: Record<string, string> = {}) {
  return {
    kept,
    full: false,
    getItem(key: string) {
      return this.kept[key] ?? null
    },
    setItem(key: string, text: string) {
      if (this.full) throw new DOMException('the quota has been exceeded', 'QuotaExceededError')
      this.kept[key] = text
    },
  }
}
let ids = 0
const mintId = () => {
  ids += 1
  return `view-${ids}`
}
const stale = { name: 'Stale matrix', search: { activity: ['stale'], client: ['matrix'] }, columns: null }

it('keeps views over a restart, in their order, with their changes', () => {
  const storage = memoryStorage()
  const before = createSavedViews(storage, mintId)
  const first = before.getState().save(stale)
  const second = before.getState().save({ ...stale, name: 'Other' })
  before.getState().update(first.id, { name: 'Renamed' })
  const layout = { columnOrder: ['id'], columnVisibility: { client: false }, columnSizing: { id: 200 } }
  before.getState().update(second.id, { columns: layout })

  const after = createSavedViews(storage, mintId)
  expect(after.getState().views).toEqual([
    { ...stale, id: first.id, name: 'Renamed' },
    { ...stale, id: second.id, name: 'Other', columns: layout },
  ])
  after.getState().remove(first.id)
  expect(
    createSavedViews(storage, mintId)
      .getState()
      .views.map((view) => view.name),
  ).toEqual(['Other'])
})

it('keeps a view of a newer version as it is, in its place, through every change', () => {
  const newer = { version: 2, name: 'By loyalty', query: { where: ['tier', '=', 'gold'] } }
  const own = { version: 1, id: 'a', ...stale }
  const storage = memoryStorage({ [VIEWS_KEY]: JSON.stringify([newer, own, 'damaged']) })
  const views = createSavedViews(storage, mintId)
  expect(views.getState().kept.map(({ name }) => name)).toEqual(['By loyalty', null])
  expect(views.getState().views).toHaveLength(1)

  views.getState().save({ ...stale, name: 'New' })
  views.getState().update('a', { name: 'Changed' })
  views.getState().remove('a')
  const kept = JSON.parse(storage.kept[VIEWS_KEY] ?? '')
  expect(kept[0]).toEqual(newer)
  expect(kept[1]).toBe('damaged')
  expect(kept[2]).toMatchObject({ name: 'New' })
})

it('reports the filter of a newer version in a view of this one, and keeps it', () => {
  const search = { loyaltyTier: 'gold', activity: ['stale'] }
  const storage = memoryStorage({
    [VIEWS_KEY]: JSON.stringify([{ version: 1, id: 'a', name: 'Gold', search, columns: null }]),
  })
  const views = createSavedViews(storage, mintId)
  views.getState().update('a', { name: 'Gold!' })
  const [view] = createSavedViews(storage, mintId).getState().views
  expect(view?.search).toEqual(search)
  expect(readSessionsSearch(view?.search ?? {}).problems.map(({ field }) => field)).toEqual(['loyaltyTier'])
})

it('puts a text that is no list of views aside before it is written over', () => {
  const storage = memoryStorage({ [VIEWS_KEY]: '{"half' })
  const views = createSavedViews(storage, mintId)
  views.getState().save(stale)
  expect(Object.values(storage.kept)).toContain('{"half')
  expect(createSavedViews(storage, mintId).getState().views).toHaveLength(1)
})

it('does not undo what another window saved', () => {
  const storage = memoryStorage()
  const [one, other] = [createSavedViews(storage, mintId), createSavedViews(storage, mintId)]
  one.getState().save({ ...stale, name: 'One' })
  other.getState().save({ ...stale, name: 'Other' })
  one.getState().refresh()
  expect(one.getState().views.map((view) => view.name)).toEqual(['One', 'Other'])
})

it('says when the disk takes no more, and shows what is kept', () => {
  const storage = memoryStorage()
  const views = createSavedViews(storage, mintId)
  storage.full = true
  views.getState().save(stale)
  expect(views.getState().problem).toContain('quota')
  expect(views.getState().views).toEqual([])
  storage.full = false
  views.getState().save(stale)
  expect(views.getState().problem).toBeNull()
})

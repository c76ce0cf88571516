/** How the sessions list looks on this PC: columns and times per employee, saved views for all who work here. */
import { useCallback, useMemo } from 'react'
import { create } from 'zustand'
import { type ColumnLayout, defaultLayout, readLayout } from './column-layout.ts'
import { useEmployee } from './data-context.ts'
import { createSavedViews, VIEWS_KEY } from './saved-views.ts'

export const useSavedViews = createSavedViews(localStorage)
window.addEventListener('storage', (event) => {
  if (event.key === VIEWS_KEY) useSavedViews.getState().refresh()
})

export interface ListPreferences {
  layout: ColumnLayout
  /** True shows `14:03` where the list would say `3 min ago`. */
  exactTimes: boolean
}

const changed = create<Partial<Record<string, ListPreferences>>>()(() => ({}))
const keyOf = (employeeNumber: string): string => `floorwalker.list.${employeeNumber}`

function read(employeeNumber: string): ListPreferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(employeeNumber)) ?? '{}')
    if (typeof kept !== 'object' || kept === null) throw new TypeError('not an object')
    const { layout, exactTimes } = kept as Record<string, unknown>
    return { layout: readLayout(layout), exactTimes: exactTimes === true }
  } catch {
    // Nothing is lost but the look of a list.
    return { layout: defaultLayout, exactTimes: false }
  }
}

/** The signed-in employee's preferences and how to change them. */
export function useListPreferences(): [ListPreferences, (change: Partial<ListPreferences>) => void] {
  const number = useEmployee()?.number ?? ''
  const known = changed((all) => all[number])
  const preferences = useMemo(() => known ?? read(number), [known, number])
  const change = useCallback(
    (part: Partial<ListPreferences>) => {
      const next = { ...(changed.getState()[number] ?? read(number)), ...part }
      changed.setState({ [number]: next })
      try {
        localStorage.setItem(keyOf(number), JSON.stringify(next))
      } catch (error) {
        console.error('list preferences not kept', error)
      }
    },
    [number],
  )
  return [preferences, change]
}

/** The tabs above the pages about baskets that were left. */
import { type Icon, IconBasketX, IconDoorExit, IconFridge, IconTags, IconUserOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useRevision, useStores } from '../../ui/data-context.ts'
import { listScope } from '../../ui/list-filters.ts'
import { useNow } from '../../ui/use-now.ts'
import type { LeftSpan } from './abandoned-search.ts'
import classes from './abandoned-tabs.module.css'
import { startOfPeriod } from './period.ts'
import { spanOfTab, type TabPath, type TabSearch, useTabSearches } from './tab-search.ts'

/** In the order of their tabs; each is a route. */
const tabs = [
  { to: '/abandoned', text: 'Baskets', icon: IconBasketX },
  { to: '/put-back', text: 'Put back', icon: IconFridge },
  { to: '/not-exited', text: 'Not exited', icon: IconDoorExit },
  { to: '/never-served', text: 'Never served', icon: IconUserOff },
  { to: '/problem-products', text: 'Products', icon: IconTags },
] as const satisfies readonly { to: TabPath; text: string; icon: Icon }[]

/** Routes that the room "Abandoned" of the navigation stands for. */
export const abandonedPaths: readonly string[] = tabs.map(({ to }) => to)

/** The tabs of all pages about left baskets, and at their right end what can be done with the page that is shown. */
export function AbandonedTabs({ children }: { children?: ReactNode }) {
  const searchOf = useTabSearches()
  const counts = useTabCounts(searchOf)
  return (
    <div className={classes.bar}>
      <nav className={classes.tabs} aria-label="Abandoned baskets">
        {tabs.map(({ to, text, icon: TabIcon }) => (
          <Link key={to} to={to} search={searchOf(to)} className={classes.tab} activeOptions={{ includeSearch: false }}>
            <TabIcon size={16} stroke={1.8} aria-hidden />
            {text}
            {counts[to] !== undefined && counts[to] > 0 && (
              <span className={classes.count}>{counts[to].toLocaleString('en')}</span>
            )}
          </Link>
        ))}
      </nav>
      <div className={classes.tools}>{children}</div>
    </div>
  )
}

const MINUTE_MS = 60_000

/** How much waits on each tab, in the period with which it opens; a tab that cannot be counted at once has no number. */
function useTabCounts(searchOf: (path: TabPath) => TabSearch): Partial<Record<TabPath, number>> {
  const data = useData()
  const revision = useRevision()
  const storeIds = useChosenStores()
  const zone = listScope(useStores(), storeIds).zone
  const nowMs = useNow(MINUTE_MS)
  const [left, served] = [
    spanOfTab('/abandoned', searchOf('/abandoned')),
    spanOfTab('/never-served', searchOf('/never-served')),
  ]
  const { data: counts } = useQuery({
    queryKey: ['tab-counts', storeIds, left, served, nowMs, revision],
    queryFn: () => {
      const from = (span: LeftSpan) => (span === 'all' ? null : startOfPeriod(span, zone, nowMs))
      return data.tabCounts({ storeIds, leftFrom: from(left), servedFrom: from(served) ?? 0, nowMs })
    },
    placeholderData: keepPreviousData,
  })
  return {
    '/abandoned': counts?.unreviewed,
    '/not-exited': counts?.notExited,
    '/never-served': counts?.neverServed,
  }
}

/** The tabs above the pages about baskets that were left. */
import { type Icon, IconBasketX, IconDoorExit, IconFridge, IconTags, IconUserOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import classes from './abandoned-tabs.module.css'
import { type TabPath, useTabSearches } from './tab-search.ts'

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
  return (
    <div className={classes.bar}>
      <nav className={classes.tabs} aria-label="Abandoned baskets">
        {tabs.map(({ to, text, icon: TabIcon }) => (
          <Link key={to} to={to} search={searchOf(to)} className={classes.tab} activeOptions={{ includeSearch: false }}>
            <TabIcon size={16} stroke={1.8} aria-hidden />
            {text}
          </Link>
        ))}
      </nav>
      <div className={classes.tools}>{children}</div>
    </div>
  )
}

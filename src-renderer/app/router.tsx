/** Routes as code. Filters live in the URL, so a view can be reloaded, bookmarked and gone back to. */

import { IconAlertTriangle, IconMapQuestion } from '@tabler/icons-react'
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router'
import { keepAbandonedSearch } from '../features/abandoned/abandoned-search.ts'
import { readPeriod } from '../features/abandoned/period.ts'
import { readProductSearch } from '../features/abandoned/product-ranking.ts'
import { readHandoverSearch } from '../features/handover/handover-search.ts'
import { SessionsPage } from '../features/sessions/sessions-page.tsx'
import { decodeId, encodeId } from '../ui/link-id.ts'
import { loadLater } from '../ui/load-later.ts'
import { Blank } from '../ui/parts.tsx'
import { keepSessionsSearch } from '../ui/sessions-search.ts'
import { Shell } from './shell.tsx'

interface ShellSearch {
  /** Chosen stores; absent means all. */
  stores?: string[]
}

// The list alone is part of a start.
const sessionPage = lazyRouteComponent(() => import('../features/sessions/session-page.tsx'), 'SessionPage')
const checksPage = lazyRouteComponent(() => import('../features/checks/checks-page.tsx'), 'ChecksPage')
const notCountedPage = lazyRouteComponent(
  () => import('../features/data-safety/not-counted-page.tsx'),
  'NotCountedPage',
)
const dataSafetyPage = lazyRouteComponent(
  () => import('../features/data-safety/data-safety-page.tsx'),
  'DataSafetyPage',
)
const checkPage = lazyRouteComponent(() => import('../features/checks/check-page.tsx'), 'CheckPage')
const refusalsPage = lazyRouteComponent(() => import('../features/checks/refusals-page.tsx'), 'RefusalsPage')
const scanSheetPage = lazyRouteComponent(() => import('../features/checks/scan-sheet-page.tsx'), 'ScanSheetPage')
const abandonedPage = lazyRouteComponent(() => import('../features/abandoned/abandoned-page.tsx'), 'AbandonedPage')
const putBackPage = lazyRouteComponent(() => import('../features/abandoned/put-back-page.tsx'), 'PutBackPage')
const notExitedPage = lazyRouteComponent(() => import('../features/abandoned/not-exited-page.tsx'), 'NotExitedPage')
const neverServedPage = lazyRouteComponent(
  () => import('../features/abandoned/never-served-page.tsx'),
  'NeverServedPage',
)
const problemProductsPage = lazyRouteComponent(
  () => import('../features/abandoned/problem-products-page.tsx'),
  'ProblemProductsPage',
)
const handoverPage = lazyRouteComponent(() => import('../features/handover/handover-page.tsx'), 'HandoverPage')
const chartsPage = lazyRouteComponent(() => import('../features/analytics/charts-page.tsx'), 'ChartsPage')
// A browser that loses its backend could not fetch them any more.
const offlinePages = [
  sessionPage,
  checksPage,
  notCountedPage,
  dataSafetyPage,
  checkPage,
  refusalsPage,
  abandonedPage,
  putBackPage,
  notExitedPage,
  neverServedPage,
  problemProductsPage,
  handoverPage,
  chartsPage,
]
for (const page of offlinePages) loadLater(async () => page.preload?.())

const rootRoute = createRootRoute({
  component: Shell,
  validateSearch: (search: Record<string, unknown>): ShellSearch => {
    const stores = Array.isArray(search.stores) ? search.stores.map(String) : []
    return { stores: stores.length > 0 ? stores : undefined }
  },
  search: { middlewares: [retainSearchParams(['stores'])] },
  notFoundComponent: () => (
    <Blank icon={IconMapQuestion} title="There is nothing here">
      <p>
        <Link to="/sessions">Go to the sessions</Link>
      </p>
    </Blank>
  ),
})

const toSessions = () => {
  throw redirect({ to: '/sessions', replace: true })
}
const indexRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', beforeLoad: toSessions })
/** What a desktop window may open with. */
const indexFileRoute = createRoute({ getParentRoute: () => rootRoute, path: '/index.html', beforeLoad: toSessions })

const sessionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sessions',
  validateSearch: keepSessionsSearch,
  component: SessionsPage,
})

const sessionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/stores/$storeId/sessions/$sessionId',
  params: {
    parse: ({ storeId, sessionId }) => ({ storeId: decodeId(storeId), sessionId: decodeId(sessionId) }),
    stringify: ({ storeId, sessionId }) => ({ storeId: encodeId(storeId), sessionId: encodeId(sessionId) }),
  },
  component: sessionPage,
})

const checksRoute = createRoute({ getParentRoute: () => rootRoute, path: '/checks', component: checksPage })

const checkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/checks/$storeId/$sessionId/$verificationId',
  params: {
    parse: ({ storeId, sessionId, verificationId }) => ({
      storeId: decodeId(storeId),
      sessionId: decodeId(sessionId),
      verificationId: decodeId(verificationId),
    }),
    stringify: ({ storeId, sessionId, verificationId }) => ({
      storeId: encodeId(storeId),
      sessionId: encodeId(sessionId),
      verificationId: encodeId(verificationId),
    }),
  },
  component: checkPage,
})

const scanSheetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/scanner-codes',
  component: scanSheetPage,
})

const refusalsRoute = createRoute({ getParentRoute: () => rootRoute, path: '/refusals', component: refusalsPage })

const abandonedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/abandoned',
  validateSearch: keepAbandonedSearch,
  component: abandonedPage,
})
const putBackRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/put-back',
  // What is not understood is the default.
  validateSearch: ({ left }: Record<string, unknown>): { left?: unknown } => ({ left }),
  component: putBackPage,
})

const notExitedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/not-exited',
  validateSearch: readPeriod,
  component: notExitedPage,
})
const neverServedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/never-served',
  validateSearch: readPeriod,
  component: neverServedPage,
})
const problemProductsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/problem-products',
  validateSearch: readProductSearch,
  component: problemProductsPage,
})
const handoverRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/handover',
  validateSearch: readHandoverSearch,
  component: handoverPage,
})

const toCharts = () => {
  throw redirect({ to: '/charts/$page', params: { page: 'today' }, replace: true })
}
const chartsRoute = createRoute({ getParentRoute: () => rootRoute, path: '/charts', beforeLoad: toCharts })
const chartsPageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/charts/$page',
  validateSearch: keepSessionsSearch,
  component: chartsPage,
})

const notCountedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/not-counted',
  component: notCountedPage,
})

const dataSafetyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/data-safety',
  component: dataSafetyPage,
})

function ScreenError({ error, reset }: ErrorComponentProps) {
  return (
    <Blank icon={IconAlertTriangle} title="This screen stopped working">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>Decisions already saved are safe. The rest of the console keeps working.</p>
      <div>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </div>
    </Blank>
  )
}

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    indexRoute,
    indexFileRoute,
    sessionsRoute,
    sessionRoute,
    checksRoute,
    checkRoute,
    refusalsRoute,
    scanSheetRoute,
    abandonedRoute,
    putBackRoute,
    notExitedRoute,
    neverServedRoute,
    problemProductsRoute,
    handoverRoute,
    chartsRoute,
    chartsPageRoute,
    notCountedRoute,
    dataSafetyRoute,
  ]),
  defaultErrorComponent: ScreenError,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

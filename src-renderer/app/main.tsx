/** Mirrors the data worker's status, shows the console. */
// In a layer: our styles win over it in whatever order the build loads shared ones.
import '@mantine/core/styles.layer.css'
import './tokens.css'
import { MantineProvider } from '@mantine/core'
import { IconDatabaseOff } from '@tabler/icons-react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import type { DataApi, DataStatus } from '../data/data-api.ts'
import { DataContext, useDataStatus } from '../ui/data-context.ts'
import { Blank } from '../ui/parts.tsx'
import { dismissExport } from '../ui/session-export.ts'
import { forgetUiState } from '../ui/ui-state.ts'
import { router } from './router.tsx'
import { cssVariablesResolver, theme } from './theme.ts'

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Answers come from the worker on this PC: never wait for a network, never refetch but for a new revision.
      networkMode: 'always',
      staleTime: Number.POSITIVE_INFINITY,
      // Each revision has its own keys; what nobody looks at is let go quickly.
      gcTime: 15_000,
      refetchOnWindowFocus: false,
      retry: 1,
    },
    mutations: { networkMode: 'always' },
  },
})

const container = document.getElementById('root')
if (container === null) throw new Error('index.html has no #root')
const root = createRoot(container)
const provideTheme = (children: React.ReactNode) => (
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      {children}
    </MantineProvider>
  </StrictMode>
)

/** Mirrors a status; another employee starts with an empty screen. */
function mirror(next: DataStatus): void {
  const before = useDataStatus.getState().identity?.employee.number
  if (before !== undefined && next.identity?.employee.number !== before) {
    forgetUiState()
    dismissExport()
    queryClient.clear()
  }
  useDataStatus.setState({ ...next, identity: sameOr(useDataStatus.getState().identity, next.identity) }, true)
}

/** Every status crosses from the worker as a copy; screens must not take an unchanged part for a new one. */
function sameOr<T>(before: T, next: T): T {
  return JSON.stringify(before) === JSON.stringify(next) ? before : next
}

/**
 * Shows the console once its data is there.
 * @param starting the worker's first status
 * @param follow hands over every status that came before and is to come
 */
export async function showConsole(
  data: DataApi,
  starting: Promise<DataStatus>,
  follow: (onStatus: (status: DataStatus) => void) => void,
): Promise<void> {
  try {
    follow(mirror)
    const status = await starting
    // A newer status may have overtaken the answer.
    if (status.revision >= useDataStatus.getState().revision) mirror(status)
    root.render(
      provideTheme(
        <QueryClientProvider client={queryClient}>
          <DataContext value={data}>
            <RouterProvider router={router} />
          </DataContext>
        </QueryClientProvider>,
      ),
    )
  } catch (error) {
    root.render(
      provideTheme(
        <main style={{ height: '100%' }}>
          <Blank icon={IconDatabaseOff} title="The console could not open its storage">
            <p>{error instanceof Error ? error.message : String(error)}</p>
            <p>Close other windows of this console and open it again. Nothing that was saved has been removed.</p>
          </Blank>
        </main>,
      ),
    )
  }
}

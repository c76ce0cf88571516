/** Commands that work everywhere, and the two ways to all commands: palette and shortcuts sheet. */
import { ActionIcon, useMantineColorScheme } from '@mantine/core'
import {
  IconArrowsSplit2,
  IconBasketSearch,
  IconBasketX,
  IconBookmark,
  IconChartHistogram,
  IconCommand,
  IconDatabaseHeart,
  IconDeviceDesktop,
  IconDoorExit,
  IconFridge,
  IconKeyboard,
  IconMoon,
  IconRefresh,
  IconShieldCheck,
  IconSun,
  IconTags,
  IconTransfer,
  IconUserOff,
} from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { chartPages, chartPageTitles } from '../features/analytics/charts-search.ts'
import { useData } from '../ui/data-context.ts'
import { useSavedViews } from '../ui/list-preferences.ts'
import { allViews } from '../ui/saved-views.ts'
import {
  type Command,
  closePalette,
  isMac,
  openPalette,
  useCommandKeys,
  useCommands,
  usePalette,
} from '../ui/shortcuts.ts'
import { useShowView } from '../ui/show-view.ts'
import { useUiState } from '../ui/ui-state.ts'

// Neither is needed for the first picture.
const CommandPalette = lazy(async () => ({ default: (await import('./command-palette.tsx')).CommandPalette }))
const ShortcutsSheet = lazy(async () => ({ default: (await import('./shortcuts-sheet.tsx')).ShortcutsSheet }))

const EVERYWHERE = 'Everywhere'

type Room =
  | '/checks'
  | '/abandoned'
  | '/put-back'
  | '/not-exited'
  | '/never-served'
  | '/problem-products'
  | '/handover'
  | '/not-counted'
  | '/data-safety'

/** The button that opens the palette; registers what works everywhere. */
export function Commands() {
  const isPaletteOpen = usePalette((palette) => palette.query !== null)
  const [isSheetOpen, setIsSheetOpen] = useState(false)
  const data = useData()
  const navigate = useNavigate()
  const { setColorScheme } = useMantineColorScheme()
  useCommandKeys()
  const commands = useMemo((): Command[] => {
    const go = (to: Room) => () => void navigate({ to })
    return [
      {
        id: 'commands',
        group: EVERYWHERE,
        text: 'Find a command or a session',
        keys: 'mod+k',
        keysOnly: true,
        run: () => openPalette(),
      },
      {
        id: 'shortcuts',
        group: EVERYWHERE,
        text: 'Show all keyboard shortcuts',
        keys: '?',
        icon: IconKeyboard,
        run: () => setIsSheetOpen(true),
      },
      {
        id: 'go.sessions',
        group: EVERYWHERE,
        text: 'Go to the sessions',
        keys: 'alt+1',
        icon: IconBasketSearch,
        run: () => void navigate({ to: '/sessions', search: useUiState.getState().sessionsSearch }),
      },
      {
        id: 'go.checks',
        group: EVERYWHERE,
        text: 'Go to the checks',
        keys: 'alt+2',
        icon: IconShieldCheck,
        run: go('/checks'),
      },
      {
        id: 'go.abandoned',
        group: EVERYWHERE,
        text: 'Go to the abandoned baskets',
        keys: 'alt+3',
        icon: IconBasketX,
        run: go('/abandoned'),
      },
      {
        id: 'go.put-back',
        group: EVERYWHERE,
        text: 'Go to the put-back list',
        keywords: 'cold chilled frozen fridge',
        icon: IconFridge,
        run: go('/put-back'),
      },
      {
        id: 'go.not-exited',
        group: EVERYWHERE,
        text: 'Go to those who paid and have not left',
        keywords: 'exit gate receipt not exited',
        icon: IconDoorExit,
        run: go('/not-exited'),
      },
      {
        id: 'go.never-served',
        group: EVERYWHERE,
        text: 'Go to those whom nobody served',
        keywords: 'never served waiting left',
        icon: IconUserOff,
        run: go('/never-served'),
      },
      {
        id: 'go.problem-products',
        group: EVERYWHERE,
        text: 'Go to the problem products',
        keywords: 'sku missed removed',
        icon: IconTags,
        run: go('/problem-products'),
      },
      {
        id: 'go.handover',
        group: EVERYWHERE,
        text: 'Go to the shift handover',
        keys: 'alt+4',
        keywords: 'take over acknowledge notes',
        icon: IconTransfer,
        run: go('/handover'),
      },
      {
        id: 'go.charts',
        group: EVERYWHERE,
        text: 'Go to the charts',
        keys: 'alt+5',
        icon: IconChartHistogram,
        run: () => {
          const { page, search } = useUiState.getState().charts
          void navigate({ to: '/charts/$page', params: { page }, search })
        },
      },
      ...chartPages.map(
        (page): Command => ({
          id: `go.charts.${page}`,
          group: EVERYWHERE,
          text: `Go to charts: ${chartPageTitles[page].toLowerCase()}`,
          icon: IconChartHistogram,
          run: () =>
            void navigate({ to: '/charts/$page', params: { page }, search: useUiState.getState().charts.search }),
        }),
      ),
      {
        id: 'go.not-counted',
        group: EVERYWHERE,
        text: 'Go to decisions that did not count',
        icon: IconArrowsSplit2,
        run: go('/not-counted'),
      },
      {
        id: 'go.data-safety',
        group: EVERYWHERE,
        text: 'Go to data safety',
        icon: IconDatabaseHeart,
        run: go('/data-safety'),
      },
      {
        id: 'sync',
        group: EVERYWHERE,
        text: 'Sync now',
        icon: IconRefresh,
        // What went wrong shows in the status.
        run: () => void data.syncNow().catch(() => undefined),
      },
      {
        id: 'theme.light',
        group: EVERYWHERE,
        text: 'Light colours',
        keywords: 'theme scheme',
        icon: IconSun,
        run: () => setColorScheme('light'),
      },
      {
        id: 'theme.dark',
        group: EVERYWHERE,
        text: 'Dark colours',
        keywords: 'theme scheme',
        icon: IconMoon,
        run: () => setColorScheme('dark'),
      },
      {
        id: 'theme.auto',
        group: EVERYWHERE,
        text: 'Colours like the system',
        keywords: 'theme scheme',
        icon: IconDeviceDesktop,
        run: () => setColorScheme('auto'),
      },
    ]
  }, [data, navigate, setColorScheme])
  useCommands(commands)
  const saved = useSavedViews((state) => state.views)
  const showView = useShowView()
  useCommands(
    allViews(saved).map((view) => ({
      id: `view.${view.id}`,
      group: 'Views',
      text: view.name,
      keywords: 'sessions show',
      icon: IconBookmark,
      run: () => showView(view),
    })),
  )
  const keys = isMac() ? '⌘K' : 'Ctrl+K'
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Commands (${keys})`}
        title={`Commands (${keys})`}
        onClick={() => openPalette()}
      >
        <IconCommand size={18} stroke={1.7} />
      </ActionIcon>
      <Suspense>
        {isPaletteOpen && <CommandPalette onClose={closePalette} />}
        {isSheetOpen && <ShortcutsSheet onClose={() => setIsSheetOpen(false)} />}
      </Suspense>
    </>
  )
}

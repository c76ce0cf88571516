/** The frame around every room: navigation on the left, state of the console on top, banners below it. */
import {
  ActionIcon,
  Avatar,
  Menu,
  Progress,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core'
import {
  IconArrowsSplit2,
  IconBasketSearch,
  IconBasketX,
  IconChartHistogram,
  IconCheck,
  IconDatabaseHeart,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconShieldCheck,
  IconSun,
  IconTransfer,
} from '@tabler/icons-react'
import { Link, Outlet, useLocation, useMatchRoute } from '@tanstack/react-router'
import { useEffect } from 'react'
import { abandonedPaths } from '../features/abandoned/abandoned-tabs.tsx'
import { AlertMenu, CheckAlerts } from '../features/checks/check-alerts.tsx'
import { SignInPage } from '../features/sign-in/sign-in-page.tsx'
import { useChosenStores } from '../ui/chosen-stores.ts'
import { useData, useDataStatus, useEmployee, useQueue, useStores } from '../ui/data-context.ts'
import { counted } from '../ui/labels.ts'
import { useUiState } from '../ui/ui-state.ts'
import { LongWaitBanner, LowDiskBanner, ReadOnlyBanner, ResultsBanner } from './banners.tsx'
import { Commands } from './commands.tsx'
import { ConnectionBadge, UnsentBadge } from './console-state.tsx'
import { ExportBadge } from './export-badge.tsx'
import classes from './shell.module.css'
import { SignInAgainBanner } from './sign-in-again.tsx'
import { StorePicker } from './store-picker.tsx'
import { useCameFrom } from './use-came-from.ts'
import { useClockCare } from './use-clock-care.ts'

/** Root of all routes: the sign-in page, or the frame with the room in it. */
export function Shell() {
  const { colorScheme } = useMantineColorScheme()
  useEffect(() => {
    void window.desktop?.setTheme({ scheme: colorScheme })
  }, [colorScheme])
  const signedIn = useDataStatus((status) => status.identity !== null)
  if (signedIn) return <Frame />
  return (
    <div className={classes.beforeSignIn}>
      <section aria-label="Messages">
        <ReadOnlyBanner />
      </section>
      <SignInPage />
    </div>
  )
}

function Frame() {
  const chosen = useChosenStores()
  const { data: queue = [] } = useQueue(chosen)
  const waiting = queue.filter((entry) => entry.verification.status === 'waiting').length
  useClockCare()
  useCameFrom()

  return (
    <div className={classes.frame}>
      <Navigation waiting={waiting} />
      <section className={classes.top} aria-label="Console">
        <StorePicker />
        <CheckAlerts />
        <div className={classes.topState}>
          <ExportBadge />
          <UnsentBadge />
          <ConnectionBadge />
          <span className={classes.divider} />
          <Commands />
          <AlertMenu />
          <SchemeMenu />
          <EmployeeMenu />
        </div>
      </section>
      <section className={classes.banners} aria-label="Messages">
        <FirstSyncBar />
        <ReadOnlyBanner />
        <SignInAgainBanner />
        <LowDiskBanner />
        <LongWaitBanner />
        <ResultsBanner />
      </section>
      <main className={classes.room}>
        <Outlet />
      </main>
    </div>
  )
}

function Navigation({ waiting }: { waiting: number }) {
  const sessionsSearch = useUiState((state) => state.sessionsSearch)
  const unseen = useDataStatus((status) => status.unseenResults)
  const inAbandoned = useLocation({ select: ({ pathname }) => abandonedPaths.includes(pathname) })
  const charts = useUiState((state) => state.charts)
  const inCharts = useMatchRoute()({ to: '/charts/$page' }) !== false
  const inSession = useMatchRoute()({ to: '/stores/$storeId/sessions/$sessionId' }) !== false
  return (
    <nav className={classes.rail} aria-label="Rooms">
      <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true" className={classes.mark}>
        <path
          d="M9 25V8h14M9 16h10"
          fill="none"
          stroke="currentColor"
          strokeWidth="3.4"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <circle cx="23" cy="23.5" r="2.6" fill="#f5b84c" />
      </svg>
      <Link
        to="/sessions"
        search={sessionsSearch}
        className={classes.room_link}
        activeOptions={{ includeSearch: false }}
        data-active={inSession || undefined}
      >
        <IconBasketSearch size={22} stroke={1.7} aria-hidden />
        Sessions
      </Link>
      <Link to="/checks" className={classes.room_link} activeOptions={{ includeSearch: false }}>
        <span className={classes.iconWithCount}>
          <IconShieldCheck size={22} stroke={1.7} aria-hidden />
          {waiting > 0 && (
            <span className={classes.count} aria-hidden>
              {waiting > 99 ? '99+' : waiting}
            </span>
          )}
        </span>
        Checks
        {waiting > 0 && <VisuallyHidden>, {waiting} waiting</VisuallyHidden>}
      </Link>
      <Link
        to="/abandoned"
        className={classes.room_link}
        activeOptions={{ includeSearch: false }}
        data-active={inAbandoned || undefined}
      >
        <IconBasketX size={22} stroke={1.7} aria-hidden />
        Abandoned
      </Link>
      <Link to="/handover" className={classes.room_link} activeOptions={{ includeSearch: false }}>
        <IconTransfer size={22} stroke={1.7} aria-hidden />
        Handover
      </Link>
      <Link
        to="/charts/$page"
        params={{ page: charts.page }}
        search={charts.search}
        className={classes.room_link}
        activeOptions={{ includeSearch: false }}
        data-active={inCharts || undefined}
      >
        <IconChartHistogram size={22} stroke={1.7} aria-hidden />
        Charts
      </Link>
      <div className={classes.railFoot}>
        <Link to="/not-counted" className={classes.room_link} activeOptions={{ includeSearch: false }}>
          <span className={classes.iconWithCount}>
            <IconArrowsSplit2 size={22} stroke={1.7} aria-hidden />
            {unseen > 0 && (
              <span className={classes.count} aria-hidden>
                {unseen > 99 ? '99+' : unseen}
              </span>
            )}
          </span>
          Not counted
          {unseen > 0 && <VisuallyHidden>, {unseen} not seen yet</VisuallyHidden>}
        </Link>
        <Link to="/data-safety" className={classes.room_link} activeOptions={{ includeSearch: false }}>
          <IconDatabaseHeart size={22} stroke={1.7} aria-hidden />
          Data safety
        </Link>
      </div>
    </nav>
  )
}

function FirstSyncBar() {
  const firstSync = useDataStatus((status) => status.firstSync)
  const stores = useStores()
  if (firstSync === null) return null
  const name = stores.find((store) => store.id === firstSync.storeId)?.name ?? firstSync.storeId
  const { daysDone, daysTotal, storesDone, storesTotal } = firstSync
  return (
    <div className={classes.firstSync}>
      <Progress
        value={daysTotal === 0 ? 0 : (daysDone / daysTotal) * 100}
        size={3}
        radius={0}
        aria-label={`First sync of ${name}`}
      />
      <p>
        Fetching the history of <strong>{name}</strong>
        {storesTotal > 1 && ` (store ${storesDone + 1} of ${storesTotal})`}: {daysDone} of {counted(daysTotal, 'day')},
        newest first. You can work meanwhile.
      </p>
    </div>
  )
}

const schemes = {
  light: { text: 'Light', icon: IconSun },
  dark: { text: 'Dark', icon: IconMoon },
  auto: { text: 'Like the system', icon: IconDeviceDesktop },
} as const

function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const Current = schemes[colorScheme].icon
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Colours: ${schemes[colorScheme].text.toLowerCase()}`}>
          <Current size={18} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['light', 'dark', 'auto'] as const).map((scheme) => {
          const { text, icon: SchemeIcon } = schemes[scheme]
          return (
            <Menu.Item
              key={scheme}
              leftSection={<SchemeIcon size={16} stroke={1.7} />}
              rightSection={scheme === colorScheme ? <IconCheck size={14} aria-label="chosen" /> : null}
              onClick={() => setColorScheme(scheme)}
            >
              {text}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}

function EmployeeMenu() {
  const data = useData()
  const employee = useEmployee()
  const unsent = useDataStatus((status) => status.unsent)
  if (employee === null) return null
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <UnstyledButton className={classes.employee} aria-label={`${employee.name}, ${employee.role}`}>
          <Avatar size={26} radius="xl" color="petrol" variant="filled" name={employee.name} aria-hidden />
          <span className={classes.employeeName}>{employee.name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.employeeCard}>
          <strong>{employee.name}</strong>
          <span>
            {employee.role} · number {employee.number}
          </span>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.7} />} onClick={() => void data.signOut()}>
          Sign out
        </Menu.Item>
        {unsent > 0 && (
          <p className={classes.employeeNote}>
            {unsent === 1 ? '1 unsent decision stays' : `${unsent} unsent decisions stay`} saved here for you.
          </p>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

/** Tells of new checks in every room: sound, notification, badge, taskbar, and a line at the top that covers nothing. */
import { ActionIcon, Button, CloseButton, Popover, Switch } from '@mantine/core'
import { IconBell, IconBellOff, IconId, IconShieldCheck } from '@tabler/icons-react'
import { useMatchRoute, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { CheckRef } from '#shared/desktop-api.ts'
import { formatMoney } from '#shared/money/format-money.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { QueueEntry } from '../../data/data-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useDataStatus, useEmployee, useQueue, useStores } from '../../ui/data-context.ts'
import { clientLabel, counted, kindLabels, reasonWords } from '../../ui/labels.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import { type AlertSettings, setAlert, useAlertSettings } from './alert-settings.ts'
import classes from './check-alerts.module.css'
import { playChime } from './chime.ts'
import { checkKey, type KnownQueue, knownQueue, newChecks } from './new-checks.ts'
import {
  askNotificationPermission,
  closeNotification,
  notificationPermission,
  onNotificationClicked,
  showNotification,
} from './system-notifications.ts'

/** More new checks than this at once are told as one. */
const TOLD_SINGLY = 3

const refOf = ({ storeId, sessionId, verification }: QueueEntry): CheckRef => ({
  storeId,
  sessionId,
  verificationId: verification.id,
})

function titleOf({ verification, storeId }: QueueEntry, stores: StoreSettings[]): string {
  const age = verification.minAge === undefined ? '' : ` ${verification.minAge}+`
  return `${kindLabels[verification.kind]}${age} · ${stores.find((store) => store.id === storeId)?.name ?? storeId}`
}

function bodyOf({ quantity, total, currency, client, verification }: QueueEntry): string {
  const facts = [counted(quantity, 'item'), formatMoney(total, currency), clientLabel(client).text]
  return facts.join(' · ') + (verification.reason === undefined ? '' : `\n${reasonWords(verification.reason)}`)
}

/** One per signed-in console, in the shell. */
export function CheckAlerts() {
  const chosen = useChosenStores()
  const { data: queue } = useQueue(chosen)
  const stores = useStores()
  const employee = useEmployee()
  const complete = useDataStatus((status) => status.firstSync === null)
  const settings = useAlertSettings()
  const navigate = useNavigate()
  const known = useRef<{ stores: string; queue: KnownQueue | null }>({ stores: '', queue: null })
  const [told, setTold] = useState<QueueEntry[]>([])

  const waiting = queue?.filter((entry) => entry.verification.status === 'waiting') ?? []
  useBadge(settings.badge ? waiting.length : 0)

  useEffect(() => {
    if (queue === undefined) return
    // Other stores were chosen, or the first sync still fills up: what comes to light is not news.
    const view = JSON.stringify(chosen)
    const before = complete && known.current.stores === view ? known.current.queue : null
    const news = newChecks(before, queue, employee?.number)
    const open = new Set(queue.filter(({ verification }) => verification.status === 'waiting').map(checkKey))
    for (const [key, { holder }] of known.current.queue ?? []) {
      if (holder !== null || open.has(key)) continue
      const [storeId, sessionId, verificationId] = JSON.parse(key) as [string, string, string]
      closeNotification({ storeId, sessionId, verificationId })
    }
    known.current = { stores: view, queue: knownQueue(queue) }
    setTold((earlier) => {
      const still = earlier.filter((entry) => open.has(checkKey(entry)))
      return news.length === 0 && still.length === earlier.length ? earlier : [...news, ...still]
    })
    if (news.length === 0) return
    const { sound, notification, flash } = useAlertSettings.getState()
    // A PC that cannot play is told by the other ways.
    if (sound) void playChime().catch(() => undefined)
    if (flash) void window.desktop?.flashWindow({})
    if (!notification) return
    if (news.length > TOLD_SINGLY) {
      showNotification({
        check: null,
        title: `${news.length} checks are waiting`,
        body: news
          .slice(0, TOLD_SINGLY)
          .map((entry) => titleOf(entry, stores))
          .join('\n'),
      })
    } else
      for (const entry of news)
        showNotification({ check: refOf(entry), title: titleOf(entry, stores), body: bodyOf(entry) })
  }, [queue, chosen, complete, employee, stores])

  const open = (check: CheckRef | null) => {
    setTold([])
    void (check === null
      ? navigate({ to: '/checks' })
      : navigate({ to: '/checks/$storeId/$sessionId/$verificationId', params: check }))
  }
  const latestOpen = useRef(open)
  useEffect(() => {
    latestOpen.current = open
  })
  useEffect(() => onNotificationClicked((check) => latestOpen.current(check)), [])
  const first = waiting[0]
  useCommands([
    {
      id: 'checks.longest-wait',
      group: 'Everywhere',
      text: 'Open the check that waits longest',
      keys: 'n',
      run: () => open(first === undefined ? null : refOf(first)),
      keywords: 'next queue spot age',
      icon: IconShieldCheck,
    },
  ])

  // In the queue the check itself is in sight.
  const inQueue = useMatchRoute()({ to: '/checks' }) !== false
  const newest = inQueue ? undefined : told[0]
  return (
    <div role="status" className={classes.room}>
      {newest !== undefined && (
        <div className={classes.alert} data-testid="check-alert">
          {newest.verification.kind === 'age_verification' ? (
            <IconId size={20} stroke={1.7} aria-hidden />
          ) : (
            <IconShieldCheck size={20} stroke={1.7} aria-hidden />
          )}
          <p title={`${titleOf(newest, stores)}\n${bodyOf(newest)}`}>
            <strong>{titleOf(newest, stores)}</strong>
            {told.length > 1 && <span> and {(told.length - 1).toLocaleString('en')} more</span>}
            <span> · {bodyOf(newest)}</span>
          </p>
          <Button size="compact-xs" title="N opens the longest wait" onClick={() => open(refOf(newest))}>
            Open
          </Button>
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => setTold([])} />
        </div>
      )}
    </div>
  )
}

/** The number on the app and in the title; 0 takes it away. */
function useBadge(waiting: number): void {
  useEffect(() => {
    void window.desktop?.setBadge({ waiting })
    document.title = waiting > 0 ? `(${waiting}) Floorwalker` : 'Floorwalker'
  }, [waiting])
}

const alertNames: Record<keyof AlertSettings, string> = {
  sound: 'Sound',
  notification: 'Notification of the system',
  badge: 'Number on the app and in the title',
  flash: 'Flashing in the taskbar',
}

/** Mutes each way of telling; what is set here stays on this PC. */
export function AlertMenu() {
  const settings = useAlertSettings()
  const [permission, setPermission] = useState(notificationPermission)
  const names = (Object.keys(alertNames) as (keyof AlertSettings)[]).filter(
    (name) => name !== 'flash' || window.desktop !== undefined,
  )
  const muted = names.every((name) => !settings[name])
  const some = !muted && names.some((name) => !settings[name])
  const label = muted ? 'all muted' : some ? 'partly muted' : 'on'
  return (
    <Popover position="bottom-end" width={300} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Alerts of new checks: ${label}`}>
          {muted ? <IconBellOff size={18} stroke={1.7} /> : <IconBell size={18} stroke={1.7} />}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="md" aria-label="Alerts of new checks">
        <div className={classes.menu}>
          <h2>Tell me of new checks by</h2>
          {names.map((name) => (
            <Switch
              key={name}
              size="sm"
              label={alertNames[name]}
              checked={settings[name]}
              onChange={(event) => setAlert(name, event.currentTarget.checked)}
            />
          ))}
          {settings.notification && permission === 'ask' && (
            <Button variant="default" onClick={() => void askNotificationPermission().then(setPermission)}>
              Let this browser show notifications…
            </Button>
          )}
          {settings.notification && permission === 'denied' && (
            <p>This browser blocks notifications of this page; its site settings can allow them.</p>
          )}
          <Button variant="default" onClick={() => void playChime().catch(() => undefined)}>
            Play the sound
          </Button>
          <p>Kept on this PC, whoever is signed in.</p>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

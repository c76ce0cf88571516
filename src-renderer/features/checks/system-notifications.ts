/** Notifications of the system: through the main process on the desktop, through the Notification API in a browser. */
import type { CheckRef } from '#shared/desktop-api.ts'

interface Content {
  /** Null stands for several checks at once. */
  check: CheckRef | null
  title: string
  body: string
}

/** `ask`: a browser that wants to be asked by a click first. */
export type NotificationPermissionState = 'granted' | 'ask' | 'denied' | 'unsupported'

/** Whether notifications can be shown here. */
export function notificationPermission(): NotificationPermissionState {
  if (window.desktop !== undefined) return 'granted'
  if (!('Notification' in window)) return 'unsupported'
  const { permission } = Notification
  return permission === 'default' ? 'ask' : permission
}

/** Asks the browser's permission; only a click may. */
export async function askNotificationPermission(): Promise<NotificationPermissionState> {
  await Notification.requestPermission()
  return notificationPermission()
}

const tagOf = (check: CheckRef | null): string =>
  check === null ? 'checks' : JSON.stringify([check.storeId, check.sessionId, check.verificationId])

/** What this page showed through the browser, by tag. */
const shown = new Map<string, Notification>()
const clickListeners = new Set<(check: CheckRef | null) => void>()

/** Shows it in place of an older one of the same check; nothing where it is not permitted. */
export function showNotification(content: Content): void {
  if (window.desktop !== undefined) {
    void window.desktop.showNotification(content)
    return
  }
  if (notificationPermission() !== 'granted') return
  const { check, title, body } = content
  const tag = tagOf(check)
  // The tag lets two tabs of the console show it once.
  const notification = new Notification(title, { body, tag, silent: true })
  shown.set(tag, notification)
  notification.onclose = () => shown.delete(tag)
  notification.onclick = () => {
    window.focus()
    notification.close()
    for (const listener of clickListeners) listener(check)
  }
}

/** Takes it back: nobody needs to be told of this check any more. */
export function closeNotification(check: CheckRef): void {
  if (window.desktop !== undefined) void window.desktop.closeNotification({ check })
  else shown.get(tagOf(check))?.close()
}

/** Hears of clicks; answers how to stop. */
export function onNotificationClicked(listener: (check: CheckRef | null) => void): () => void {
  if (window.desktop !== undefined) return window.desktop.onNotificationClicked(({ check }) => listener(check))
  clickListeners.add(listener)
  return () => clickListeners.delete(listener)
}

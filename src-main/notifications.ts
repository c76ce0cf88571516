/** Notifications of waiting checks in the system's own way: one per check, a click brings the window and the check. */
import { Notification } from 'electron'
import type { CheckRef } from '#shared/desktop-api.ts'

/** More than these would hide each other; the oldest goes. */
const KEPT = 20

export interface NotificationContent {
  /** Null stands for several checks at once. */
  check: CheckRef | null
  title: string
  body: string
}

export class CheckNotifications {
  readonly #onClick: (check: CheckRef | null) => void
  /** By check; held, because a notification that is collected hears no click. */
  readonly #shown = new Map<string, Notification>()

  constructor(onClick: (check: CheckRef | null) => void) {
    this.#onClick = onClick
  }

  /** Shows it in place of an older one of the same check. Nothing where the system has no notifications. */
  show({ check, title, body }: NotificationContent): void {
    if (!Notification.isSupported()) return
    this.close(check)
    // The console makes its own sound, which can be muted on its own.
    const notification = new Notification({ title, body, silent: true })
    const key = keyOf(check)
    notification.on('click', () => {
      this.close(check)
      this.#onClick(check)
    })
    notification.on('close', () => {
      if (this.#shown.get(key) === notification) this.#shown.delete(key)
    })
    this.#shown.set(key, notification)
    const [oldest] = this.#shown.keys()
    if (this.#shown.size > KEPT && oldest !== undefined) this.#closeKey(oldest)
    notification.show()
  }

  close(check: CheckRef | null): void {
    this.#closeKey(keyOf(check))
  }

  #closeKey(key: string): void {
    const notification = this.#shown.get(key)
    this.#shown.delete(key)
    notification?.close()
  }
}

const keyOf = (check: CheckRef | null): string =>
  check === null ? '' : JSON.stringify([check.storeId, check.sessionId, check.verificationId])

/** A notification centre for machines without one: keeps what the main process shows, and clicks on it. */
import type { Desktop } from './launch-desktop.ts'

export interface ShownNotification {
  title: string
  body: string
  /** The system's monotonic clock, milliseconds: the same in every process (`process.hrtime`). */
  at: number
}

interface Centre {
  notifications: { title: string; body: string; at: number; click(): void }[]
}

/** From now on `shownNotifications` tells what the desktop app shows. */
export async function keepNotifications({ app }: Desktop): Promise<void> {
  // The compiler that runs benchmarks wraps named functions in a call of this, also those sent elsewhere.
  await app.evaluate('globalThis.__name ??= (named) => named')
  await app.evaluate(({ Notification }) => {
    const centre: Centre = { notifications: [] }
    Object.assign(globalThis, { centre })
    Notification.isSupported = () => true
    Notification.prototype.show = function show(this: Electron.Notification) {
      const { title, body } = this
      centre.notifications.push({
        title,
        body,
        at: Number(process.hrtime.bigint()) / 1e6,
        click: () => this.emit('click'),
      })
    }
    Notification.prototype.close = () => undefined
  })
}

/** Everything shown so far, oldest first. */
export function shownNotifications({ app }: Desktop): Promise<ShownNotification[]> {
  return app.evaluate(() =>
    (globalThis as unknown as { centre: Centre }).centre.notifications.map(({ title, body, at }) => ({
      title,
      body,
      at,
    })),
  )
}

/** Clicks on the one shown last. */
export function clickNotification({ app }: Desktop): Promise<void> {
  return app.evaluate(() => (globalThis as unknown as { centre: Centre }).centre.notifications.at(-1)?.click())
}

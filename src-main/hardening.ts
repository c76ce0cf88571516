/** What no page of this app may do, whatever it holds. */
import { app, type Session } from 'electron'
import { APP_SCHEME, isAppUrl } from './app-router.ts'

/**
 * Notifications tell of waiting checks; persistent storage asks Chromium not to drop the outbox when the disk is short.
 * The latter has no prompt and gives away nothing. Charts are copied as pictures: written to the clipboard on a click, by
 * Chromium's own encoder; what others put there stays unread.
 */
const GRANTED = new Set(['notifications', 'persistent-storage', 'clipboard-sanitized-write'])
const LOADABLE = new Set([`${APP_SCHEME}:`, 'devtools:', 'blob:', 'data:'])

/** Denies navigation, new windows and webviews in every web contents that is ever made. */
export function hardenWebContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.on('will-navigate', (event, url) => {
      if (!isAppUrl(url)) event.preventDefault()
    })
    contents.on('will-redirect', (event, url) => {
      if (!isAppUrl(url)) event.preventDefault()
    })
    contents.on('will-frame-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault()
    })
  })
}

/** Denies permissions, devices and every request that leaves the app's origin. */
export function hardenSession(windowSession: Session): void {
  windowSession.setPermissionRequestHandler((_contents, permission, callback, details) =>
    callback(GRANTED.has(permission) && isAppUrl(details.requestingUrl)),
  )
  windowSession.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) => GRANTED.has(permission) && isAppUrl(requestingOrigin),
  )
  windowSession.setDevicePermissionHandler(() => false)
  windowSession.webRequest.onBeforeRequest((details, callback) =>
    callback({ cancel: !LOADABLE.has(new URL(details.url).protocol) }),
  )
  windowSession.setSpellCheckerEnabled(false)
}

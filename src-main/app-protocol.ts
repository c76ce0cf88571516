/** Puts the app router behind Electron's `app://` scheme. */
import { net, protocol, type Session, session } from 'electron'
import type { Fetch } from './api-proxy.ts'
import { APP_SCHEME } from './app-router.ts'

/** Must run before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ])
}

/** Serves the scheme in the window's session. */
export function serveApp(windowSession: Session, router: (request: Request) => Promise<Response>): void {
  windowSession.protocol.handle(APP_SCHEME, (request) => router(request as unknown as Request) as Promise<Response>)
}

/**
 * Chromium's network stack, which knows the PC's proxy and certificates, in a session of its own in memory: no cookie
 * and no answer of the backend is kept on the disk, and the window's request filter does not apply.
 */
export function backendFetch(): Fetch {
  const backendSession = session.fromPartition('backend', { cache: false })
  return (url, init) => {
    const request = init as Parameters<typeof net.fetch>[1]
    return 'fetch' in backendSession ? backendSession.fetch(url, request) : net.fetch(url, request)
  }
}

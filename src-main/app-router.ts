/** What `app://floorwalker` answers: the built console, `/api/…` and `/local/…`. No Electron in here. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { mediaTypeOf, resolveAsset } from './asset-path.ts'
import { problemResponse } from './problem-response.ts'

export const APP_SCHEME = 'app'
export const APP_HOST = 'floorwalker'
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`

export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ')

const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

export interface AppRouterOptions {
  /** Folder of the built console. */
  assets: string
  api: (request: Request) => Promise<Response>
  local: (request: Request) => Promise<Response>
}

/** True for a URL of the console itself. */
export function isAppUrl(url: string): boolean {
  try {
    const { protocol, host } = new URL(url)
    return protocol === `${APP_SCHEME}:` && host === APP_HOST
  } catch {
    return false
  }
}

/** True for a blob that the console itself made. */
export function isAppBlob(url: string): boolean {
  return url.startsWith('blob:') && isAppUrl(url.slice('blob:'.length))
}

/** The handler of the scheme. */
export function createAppRouter(options: AppRouterOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isAppUrl(request.url)) return problemResponse('not_found')
    // Only the console's own pages may call; a request without an origin is a navigation or a plain GET of its own.
    const origin = request.headers.get('origin')
    if (origin !== null && origin !== APP_ORIGIN) return problemResponse('not_found')
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/api/')) return options.api(request)
    if (pathname.startsWith('/local/')) return options.local(request)
    if (request.method !== 'GET' && request.method !== 'HEAD') return problemResponse('method_not_allowed')
    return serveAsset(options.assets, pathname)
  }
}

async function serveAsset(assets: string, pathname: string): Promise<Response> {
  const asset = resolveAsset(assets, pathname)
  if (asset.kind === 'refused') return notFound()
  const file = asset.kind === 'page' ? path.join(assets, 'index.html') : asset.file
  try {
    return new Response(new Uint8Array(await readFile(file)), {
      headers: { ...PAGE_HEADERS, 'content-type': mediaTypeOf(file) },
    })
  } catch {
    return notFound()
  }
}

function notFound(): Response {
  return new Response('Not found', {
    status: 404,
    headers: { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' },
  })
}

/** Serves the built console to browsers, under a strict content security policy. */
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import type { Context } from 'hono'
import { ProblemError } from './problems.ts'

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
}

const headers = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/**
 * The file of the folder that the path names; for a path of the console's own routes (without an extension), its page.
 * @throws ProblemError `not_found`
 */
export async function serveConsole(c: Context, folder: string): Promise<Response> {
  const root = resolve(folder)
  const path = decodeURIComponent(new URL(c.req.url).pathname)
  const wanted = resolve(join(root, path))
  const inside = wanted === root || wanted.startsWith(root + sep)
  if (!inside) throw new ProblemError('not_found')
  const isPage = extname(wanted) === '' || wanted.endsWith('.html')
  const bytes = (await readOrNull(wanted)) ?? (isPage ? await readOrNull(join(root, 'index.html')) : null)
  if (bytes === null) throw new ProblemError('not_found')
  const type = mediaTypes[isPage ? '.html' : extname(wanted)] ?? 'application/octet-stream'
  // Built files carry a hash of their content in their name; the page names them.
  const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  return c.body(new Uint8Array(bytes), 200, { ...headers, 'content-type': type, 'cache-control': cache })
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch {
    return null
  }
}

/** From a URL path to a file of the built console: nothing outside its folder, whatever the path's encoding. */
import path from 'node:path'

export type AssetPath = { kind: 'file'; file: string } | { kind: 'page' } | { kind: 'refused' }

/**
 * `file` are the files that the build writes: at the root and under `/assets/`. Every other path is a route of the console
 * (`page`, answered with index.html), also one with a dot: route parameters are ids, and an id may look like a file.
 * `refused` is what no link of the console has: dot segments in any encoding, backslashes, colons (drives, streams), NUL.
 */
export function resolveAsset(folder: string, urlPath: string): AssetPath {
  let decoded: string
  try {
    decoded = decodeURIComponent(urlPath)
  } catch {
    return { kind: 'refused' }
  }
  const segments = decoded.split('/').slice(1)
  const dotSegment = segments.some((segment) => /^\.+$/.test(segment))
  // A percent sign that is left was encoded twice.
  if (!decoded.startsWith('/') || /[\\\0:%]/.test(decoded) || dotSegment) return { kind: 'refused' }
  const isFile = segments[0] === 'assets' || (segments.length === 1 && decoded.includes('.'))
  if (!isFile) return { kind: 'page' }
  if (segments.some((segment) => segment.startsWith('.') || segment === '')) return { kind: 'refused' }
  const file = path.join(folder, ...segments)
  return file.startsWith(path.resolve(folder) + path.sep) ? { kind: 'file', file } : { kind: 'refused' }
}

const mediaTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** Media type of a file by its extension. */
export function mediaTypeOf(file: string): string {
  return mediaTypes[path.extname(file).toLowerCase()] ?? 'application/octet-stream'
}

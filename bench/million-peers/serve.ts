/**
 * Builds the page of the peers and serves it with what they need, on one origin: the ground's blocks, DuckDB's files and
 * the backend's `/api`. The page is cross-origin isolated, which fine clocks, OPFS and the memory measurement want.
 */
import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import path from 'node:path'
import { build } from 'vite'
import { repository } from '../../e2e/start-backend.ts'

const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
}

export interface Served {
  /** Day blocks by their ground's name. */
  blocks: Record<string, Uint8Array[]>
  /** What Floorwalker syncs with; null where it takes no part. */
  backend: { url: string; signIn: unknown; report: (step: number) => Promise<void> } | null
}

/** Builds a page of a benchmark into a folder. @param root its sources, within the repository */
export async function buildPage(root: string, outDir: string): Promise<void> {
  await build({
    root: path.join(repository, root),
    configFile: false,
    logLevel: 'error',
    base: '/',
    resolve: { alias: { '#shared': path.join(repository, 'src-shared') } },
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'es2023', modulePreload: false },
  })
}

/** Serves what `buildPage` made; answers the address. */
export async function servePeers(folder: string, served: Served): Promise<{ url: string; close: () => void }> {
  const server = createServer((incoming, outgoing) => {
    answer(folder, served, incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(500, ISOLATED)
      outgoing.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(
  folder: string,
  { blocks, backend }: Served,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  const [, room = '', first = '', second = ''] = pathname.split('/')
  if (room === 'api' && backend !== null) return forward(backend.url, incoming, outgoing)
  if (room === 'blocks') {
    const block = blocks[first]?.[Number(second)]
    outgoing.writeHead(block === undefined ? 404 : 200, ISOLATED).end(block)
  } else if (room === 'sign-in' && backend !== null) {
    outgoing.writeHead(200, { ...ISOLATED, 'content-type': 'application/json' }).end(JSON.stringify(backend.signIn))
  } else if (room === 'report' && backend !== null) {
    await backend.report(Number(first))
    outgoing.writeHead(200, ISOLATED).end()
  } else {
    const file =
      room === 'duckdb'
        ? path.join(repository, 'node_modules/@duckdb/duckdb-wasm/dist', path.basename(pathname))
        : path.join(folder, path.normalize(pathname === '/' ? '/index.html' : pathname))
    const stream = createReadStream(file)
    stream.once('error', () => outgoing.writeHead(404, ISOLATED).end())
    stream.once('open', () => {
      outgoing.writeHead(200, { ...ISOLATED, 'content-type': MEDIA_TYPES[path.extname(file)] ?? 'text/plain' })
      stream.pipe(outgoing)
    })
  }
}

/** Streams both ways; ends the other side when one ends. */
function forward(backendUrl: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { hostname, port } = new URL(backendUrl)
  const { method, url, headers } = incoming
  const onward = request({ hostname, port, method, path: url, headers }, (answered) => {
    outgoing.writeHead(answered.statusCode ?? 502, { ...answered.headers, ...ISOLATED })
    // An event stream counts as open before its first event.
    outgoing.flushHeaders()
    answered.pipe(outgoing)
  })
  onward.once('error', () => outgoing.destroy())
  outgoing.once('close', () => onward.destroy())
  incoming.pipe(onward)
}

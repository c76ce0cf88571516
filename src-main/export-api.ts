/** `/local/export/…`: the console writes a file where the person said. The page names no path but to look at it again. */
import type { z } from 'zod'
import {
  type ExportChunkAnswer,
  exportChunkSchema,
  exportIdSchema,
  exportOpenRequestSchema,
  exportShowRequestSchema,
} from '#shared/desktop-api.ts'
import { errorCode } from './durable-folder.ts'
import { type ExportFiles, ExportWriteError, UnknownExport } from './export-files.ts'
import { emptyResponse, jsonResponse, problemResponse } from './problem-response.ts'
import { readJsonBody } from './request-body.ts'

export const EXPORT_PATH = '/local/export/'
const MAX_BODY_CHARACTERS = 16_384
/** Several times what a console sends at once. */
const MAX_CHUNK_BYTES = 32 * 1024 * 1024

export interface ExportApiOptions {
  exports: ExportFiles
  /** Shows a file in the system's file manager. */
  showFile: (path: string) => void
}

type Route = (request: Request) => Promise<Response>

/** Answers requests whose path starts with `EXPORT_PATH`. Never throws: a failure is a problem response. */
export function createExportApi({ exports, showFile }: ExportApiOptions): Route {
  const routes: Record<string, Route> = {
    open: withBody(exportOpenRequestSchema, async ({ name }) => jsonResponse({ id: await exports.begin(name) })),
    write: async (request) => {
      const id = new URL(request.url).searchParams.get('id')
      if (id === null) return problemResponse('invalid_request', { field: 'id', detail: 'id: is missing' })
      const bytes = new Uint8Array(await request.arrayBuffer())
      if (bytes.length > MAX_CHUNK_BYTES) return problemResponse('too_large')
      await exports.write(id, bytes)
      return emptyResponse()
    },
    finish: withBody(exportIdSchema, async ({ id }) => jsonResponse(await exports.finish(id))),
    abort: withBody(exportIdSchema, async ({ id }) => {
      await exports.abort(id)
      return emptyResponse()
    }),
    show: withBody(exportShowRequestSchema, async ({ path }) => {
      if (!exports.isFinished(path)) return problemResponse('not_found', { field: 'path' })
      showFile(path)
      return emptyResponse()
    }),
  }
  return async (request) => {
    const name = new URL(request.url).pathname.slice(EXPORT_PATH.length)
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined
    if (route === undefined) return problemResponse('not_found')
    if (request.method !== 'POST') return problemResponse('method_not_allowed')
    try {
      return await route(request)
    } catch (error) {
      return failure(error)
    }
  }
}

/** The main process's end of a port. */
export interface ExportPort {
  on(event: 'message', listener: (message: { data: unknown }) => void): void
  postMessage(answer: ExportChunkAnswer): void
  start(): void
}

/** Takes chunks through a port: a request's body costs the main process some hundred nanoseconds a byte. */
export function serveExportPort(port: ExportPort, exports: ExportFiles): void {
  port.on('message', ({ data }) => {
    const chunk = exportChunkSchema.safeParse(data)
    // Without a number there is nobody to answer.
    if (!chunk.success) return
    const { id, seq, bytes } = chunk.data
    exports.write(id, bytes).then(
      () => port.postMessage({ seq, problem: null }),
      (error) => {
        console.error('export:', error)
        port.postMessage({ seq, problem: describeFailure(error) })
      },
    )
  })
  port.start()
}

function withBody<Schema extends z.ZodType>(
  schema: Schema,
  answer: (body: z.output<Schema>) => Promise<Response>,
): Route {
  return async (request) => {
    const read = await readJsonBody(request, schema, { maxCharacters: MAX_BODY_CHARACTERS })
    return read.problem ?? answer(read.body)
  }
}

function failure(error: unknown): Response {
  if (error instanceof UnknownExport) return problemResponse('not_found', { field: 'id', detail: error.message })
  console.error('export:', error)
  return problemResponse('internal', { detail: describeFailure(error) })
}

/** Why a file was not written, and what a person can do about it where that is known. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = errorCode(error instanceof ExportWriteError ? error.cause : error)
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `${message}: the disk is full. Nothing of it was left behind`
    case 'EACCES':
    case 'EROFS':
      return `${message}: Floorwalker may not write there`
    case 'EBUSY':
    case 'EPERM':
      return `${message}: it is protected, or open in another program`
    default:
      return code === '' ? message : `${message} (${code})`
  }
}

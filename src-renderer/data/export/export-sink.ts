/** Where an export goes: through the main process to disk, or through the browser's file access. */
import {
  type ExportChunk,
  exportChunkAnswerSchema,
  exportFinishedSchema,
  exportOpenedSchema,
} from '#shared/desktop-api.ts'
import { problemSchema } from '#shared/protocol/problems.ts'
import type { ExportTarget } from '../data-api.ts'
import type { Fetch } from '../transport.ts'

/** A file in the making: nobody sees it before `finish`, and nothing is left of it after `abort`. */
export interface ExportSink {
  /** Resolves once the bytes are taken; one after the other. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  finish(): Promise<{ path: string | null; download: File | null }>
  abort(): Promise<void>
}

/** The file could not be written; the message is for the person. */
export class ExportNotSaved extends Error {
  override readonly name = 'ExportNotSaved'
}

/** The worker's end of the port to the main process; chunks are written one after the other. */
export class ExportPort {
  private seq = 0

  constructor(private readonly port: MessagePort) {}

  /** @throws ExportNotSaved */
  write(id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.seq += 1
    const chunk: ExportChunk = { id, seq: this.seq, bytes }
    return new Promise((resolve, reject) => {
      this.port.onmessage = ({ data }: MessageEvent<unknown>) => {
        const { seq, problem } = exportChunkAnswerSchema.parse(data)
        if (seq !== chunk.seq) return
        if (problem === null) resolve()
        else reject(new ExportNotSaved(problem))
      }
      this.port.postMessage(chunk)
    })
  }
}

/**
 * Opens the desktop's file, after the person has said where in the system's dialog; null where they said nowhere. These
 * calls wait as long as the person does, so they have no timeout.
 * @param port for the chunks; null sends them as requests, which is slow
 */
export async function openLocalFile(fetch: Fetch, name: string, port: ExportPort | null): Promise<ExportSink | null> {
  const call = async (path: string, body: BodyInit, mediaType: string): Promise<Response> => {
    const response = await fetch(`/local/export/${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': mediaType },
    }).catch((error) => {
      throw new ExportNotSaved(`The desktop app does not answer: ${error instanceof Error ? error.message : error}`)
    })
    if (response.ok) return response
    const problem = problemSchema.safeParse(await response.json().catch(() => undefined))
    throw new ExportNotSaved(
      problem.data?.detail ?? problem.data?.title ?? `The desktop app answered ${response.status}`,
    )
  }
  const json = (path: string, body: object) => call(path, JSON.stringify(body), 'application/json')
  const opened = exportOpenedSchema.parse(await (await json('open', { name })).json())
  if (opened.id === null) return null
  const { id } = opened
  return {
    write: async (bytes) => {
      if (port !== null) await port.write(id, bytes)
      else await call(`write?id=${encodeURIComponent(id)}`, bytes, 'application/octet-stream')
    },
    finish: async () => {
      const { path } = exportFinishedSchema.parse(await (await json('finish', { id })).json())
      return { path, download: null }
    },
    abort: async () => {
      await json('abort', { id })
    },
  }
}

/** Opens the file that the person chose in the browser's dialog; the browser swaps it in when it is whole. */
export async function openChosenFile(handle: FileSystemFileHandle): Promise<ExportSink> {
  const writable = await saying(() => handle.createWritable())
  return {
    write: (bytes) => saying(() => writable.write(bytes)),
    finish: async () => {
      await saying(() => writable.close())
      return { path: null, download: null }
    },
    abort: () => writable.abort(),
  }
}

const DOWNLOADS_FOLDER = 'exports'
/** Long enough for a download to have taken the bytes. */
const DOWNLOAD_KEPT_MS = 24 * 3_600_000

/**
 * Opens a file of this origin's own, for a browser that can only download: outside of memory, whatever its size.
 * @param nowMs this device's wall clock: what earlier downloads left is removed
 */
export async function openDownload({ name }: ExportTarget, workId: string, nowMs: number): Promise<ExportSink> {
  const folder = await saying(async () => {
    const root = await navigator.storage.getDirectory()
    return root.getDirectoryHandle(DOWNLOADS_FOLDER, { create: true })
  })
  await removeOld(folder, nowMs)
  const file = await saying(() => folder.getFileHandle(workId, { create: true }))
  const access = await saying(() => file.createSyncAccessHandle())
  let length = 0
  return {
    write: (bytes) =>
      saying(async () => {
        // A full disk shows up as a short write.
        const written = access.write(bytes, { at: length })
        if (written < bytes.length) throw new DOMException('the disk is full', 'QuotaExceededError')
        length += written
      }),
    finish: async () => {
      await saying(async () => access.flush())
      access.close()
      return { path: null, download: new File([await file.getFile()], name) }
    },
    abort: async () => {
      access.close()
      await folder.removeEntry(workId)
    },
  }
}

async function removeOld(folder: FileSystemDirectoryHandle, nowMs: number): Promise<void> {
  for await (const [name, entry] of folder as unknown as AsyncIterable<[string, FileSystemHandle]>) {
    if (!(entry instanceof FileSystemFileHandle)) continue
    const { lastModified } = await entry.getFile()
    // One that is being written by another window is locked, and stays.
    if (nowMs - lastModified > DOWNLOAD_KEPT_MS) await folder.removeEntry(name).catch(() => undefined)
  }
}

/** Does something with the browser's files; a failure says what the person can do. */
async function saying<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    if (name === 'QuotaExceededError') throw new ExportNotSaved('The disk is full, or this browser allows no more.')
    if (name === 'NotAllowedError') throw new ExportNotSaved('The browser was not allowed to write this file.')
    throw new ExportNotSaved(`The file could not be written: ${error instanceof Error ? error.message : error}`)
  }
}

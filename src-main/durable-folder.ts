/** Port to one folder whose files must survive a power cut, and its implementation on Node. */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'

/** An open file that only grows, except for `truncate` after a failed append. */
export interface AppendFile {
  /** Bytes in it when it was opened. */
  readonly length: number
  append(bytes: Uint8Array): Promise<void>
  /** Resolves when what was appended is on the disk. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

export interface DurableFolder {
  read(name: string): Promise<Uint8Array | null>
  openForAppend(name: string): Promise<AppendFile>
  /** Writes a whole file; its content is on the disk on return, its name only after `sync`. */
  write(name: string, bytes: Uint8Array): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Resolves when created, renamed and removed names are on the disk. */
  sync(): Promise<void>
}

/** Opens a real folder, made (with its parents) if it is not there. */
export async function openDurableFolder(folder: string): Promise<DurableFolder> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (firstMade !== undefined) await syncNames(path.dirname(firstMade))
  const at = (name: string) => path.join(folder, name)
  return {
    async read(name) {
      try {
        return await readFile(at(name))
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    async openForAppend(name) {
      const handle = await open(at(name), constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY, 0o600)
      return new NodeAppendFile(handle, (await handle.stat()).size)
    },
    async write(name, bytes) {
      const handle = await open(at(name), 'w', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
    rename: (from, to) => rename(at(from), at(to)),
    remove: (name) => rm(at(name), { force: true }),
    sync: () => syncNames(folder),
  }
}

/** Replaces a file so that a crash leaves the old content or the new, never a mixture. */
export async function replaceFile(folder: DurableFolder, name: string, bytes: Uint8Array): Promise<void> {
  await folder.write(`${name}.next`, bytes)
  await folder.rename(`${name}.next`, name)
  await folder.sync()
}

class NodeAppendFile implements AppendFile {
  readonly length: number
  readonly #handle: FileHandle

  constructor(handle: FileHandle, length: number) {
    this.#handle = handle
    this.length = length
  }

  async append(bytes: Uint8Array): Promise<void> {
    // One write call may take only a part, so that a full disk shows up as a short write first.
    let offset = 0
    while (offset < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, offset, bytes.length - offset)
      offset += bytesWritten
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** Resolves when names in a folder are on the disk. */
export async function syncNames(folder: string): Promise<void> {
  // Windows has no handle on a folder to flush; NTFS journals its names itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}

/** The system's code of an error (`ENOSPC`), or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/**
 * Files that the console exports, written piece by piece under a temporary name beside the target and renamed when they
 * are whole. Unfinished ones are listed in the user data until they are gone, so that a crash leaves none behind.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { type DurableFolder, replaceFile, syncNames } from './durable-folder.ts'

const LEDGER_FILE = 'unfinished-exports.json'
/** Only such names are ever removed. */
const UNFINISHED_ENDING = '.unfinished'
const ledgerSchema = z.array(z.string())

/** The part of an open file that an export needs. */
export type WritableFile = Pick<FileHandle, 'write' | 'datasync' | 'close'>

export interface ExportFilesOptions {
  /** User data: where the unfinished ones are listed. */
  folder: DurableFolder
  mintId: () => string
  /** Asks the person; answers the chosen path, or null. @param name a suggestion without a folder */
  chooseTarget: (name: string) => Promise<string | null>
  /** Replaceable for tests of full disks. */
  openFile?: (file: string) => Promise<WritableFile>
}

/** An id that no export under way has: it was finished, aborted, or never was. */
export class UnknownExport extends Error {
  override readonly name = 'UnknownExport'
}

/** The file system refused; the export is gone and nothing is left of it. */
export class ExportWriteError extends Error {
  override readonly name = 'ExportWriteError'
}

interface OpenExport {
  target: string
  temporary: string
  file: WritableFile
  bytes: number
}

export class ExportFiles {
  readonly #options: Required<ExportFilesOptions>
  readonly #open = new Map<string, OpenExport>()
  readonly #finished = new Set<string>()
  #listing: Promise<void> = Promise.resolve()

  private constructor(options: Required<ExportFilesOptions>) {
    this.#options = options
  }

  /** Removes what an earlier run left unfinished. */
  static async open(options: ExportFilesOptions): Promise<ExportFiles> {
    const files = new ExportFiles({ openFile: (file) => open(file, 'wx', 0o600), ...options })
    await files.#removeLeftovers()
    return files
  }

  /** Asks where to and opens the file; null where the person chose nothing. @throws ExportWriteError */
  async begin(name: string): Promise<string | null> {
    const target = await this.#options.chooseTarget(plainName(name))
    if (target === null) return null
    const id = this.#options.mintId()
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${id.slice(0, 8)}${UNFINISHED_ENDING}`)
    // Listed first: a crash right behind the opening must not leave it.
    await this.#list([...this.#temporaries(), temporary])
    try {
      const file = await this.#options.openFile(temporary)
      this.#open.set(id, { target, temporary, file, bytes: 0 })
      return id
    } catch (error) {
      await this.#list(this.#temporaries())
      throw new ExportWriteError(`${target} cannot be written`, { cause: error })
    }
  }

  /** Appends to the file. @throws UnknownExport, ExportWriteError */
  async write(id: string, bytes: Uint8Array): Promise<void> {
    const export_ = this.#known(id)
    await this.#orRemove(id, async () => {
      let offset = 0
      while (offset < bytes.length) {
        const { bytesWritten } = await export_.file.write(bytes, offset, bytes.length - offset)
        offset += bytesWritten
      }
      export_.bytes += bytes.length
    })
  }

  /** The file is on the disk and has its name; one that had it before is replaced. @throws UnknownExport, ExportWriteError */
  async finish(id: string): Promise<{ path: string; bytes: number }> {
    const { file, temporary, target, bytes } = this.#known(id)
    await this.#orRemove(id, async () => {
      await file.datasync()
      await file.close()
      await rename(temporary, target)
      await syncNames(path.dirname(target))
    })
    this.#open.delete(id)
    this.#finished.add(target)
    await this.#list(this.#temporaries())
    return { path: target, bytes }
  }

  /** Removes an unfinished file; unknown ids have none. */
  async abort(id: string): Promise<void> {
    const export_ = this.#open.get(id)
    if (export_ === undefined) return
    this.#open.delete(id)
    await export_.file.close().catch(() => {})
    await rm(export_.temporary, { force: true })
    await this.#list(this.#temporaries())
  }

  /** Whoever wrote is gone: the page was closed or loaded anew. */
  async abortAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.abort(id)))
  }

  /** Whether this run exported a file to this path: nothing else may be shown. */
  isFinished(target: string): boolean {
    return this.#finished.has(target)
  }

  #known(id: string): OpenExport {
    const export_ = this.#open.get(id)
    if (export_ === undefined) throw new UnknownExport('This export is not under way')
    return export_
  }

  async #orRemove(id: string, work: () => Promise<void>): Promise<void> {
    const { target } = this.#known(id)
    try {
      await work()
    } catch (error) {
      await this.abort(id).catch((failure) => console.error('unfinished export not removed:', failure))
      throw new ExportWriteError(`${target} cannot be written`, { cause: error })
    }
  }

  #temporaries(): string[] {
    return [...this.#open.values()].map(({ temporary }) => temporary)
  }

  /** One write after the other; a full disk must not keep an export elsewhere from being made. */
  #list(temporaries: string[]): Promise<void> {
    const content = Buffer.from(`${JSON.stringify(temporaries)}\n`)
    this.#listing = this.#listing
      .then(() => replaceFile(this.#options.folder, LEDGER_FILE, content))
      .catch((error) => console.error('unfinished exports not listed:', error))
    return this.#listing
  }

  async #removeLeftovers(): Promise<void> {
    const bytes = await this.#options.folder.read(LEDGER_FILE)
    if (bytes === null) return
    const listed = ledgerSchema.safeParse(parseJson(Buffer.from(bytes).toString('utf8')))
    if (listed.data?.length === 0) return
    for (const file of listed.data ?? []) {
      if (!path.isAbsolute(file) || !file.endsWith(UNFINISHED_ENDING)) continue
      await rm(file, { force: true }).catch((error) => console.error('unfinished export not removed:', file, error))
    }
    await this.#list([])
  }
}

/** A name without a folder, whatever the page asked for. */
function plainName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file system wants them
  const plain = path.basename(name.replaceAll('\\', '/')).replace(/[\u0000-\u001f<>:"|?*]/g, '_')
  return plain === '' || plain === '.' || plain === '..' ? 'export' : plain
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

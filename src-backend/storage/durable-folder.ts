/**
 * A folder of PGlite whose commits survive a power cut. As shipped, PGlite runs with `fsync` off and its file system has
 * no way to sync a file, so a commit that was answered could sit in the system's cache for half a minute.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/** PGlite's own start parameters, but syncing: `fsync` is the one method that reaches the file system below. */
export const durableStartParams = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  '-c',
  'wal_sync_method=fsync',
]

/** The part of Emscripten's file system on Node that a sync needs; its published types leave it out. */
interface NodeFileSystem {
  stream_ops: { open?: unknown; fsync?: (stream: { nfd?: number; node: object }) => number }
  realPath?: (node: object) => string
}

/** Use together with `durableStartParams`. */
export class DurableFolder extends NodeFS {
  readonly #sync: (descriptor: number) => void

  /** @param sync brings a file's content to the disk */
  constructor(folder: string, sync: (descriptor: number) => void = fsyncSync) {
    super(folder)
    this.#sync = sync
  }

  /** @throws where this version of PGlite has another file system than the one this class knows how to sync */
  override async init(...[pglite, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pglite, options)
    const preRun = [
      ...(emscriptenOpts.preRun ?? []),
      ({ NODEFS }: { NODEFS: unknown }) => this.#addSync(NODEFS as NodeFileSystem),
    ]
    return { emscriptenOpts: { ...emscriptenOpts, preRun } }
  }

  #addSync(files: NodeFileSystem): void {
    const { realPath, stream_ops: operations } = files
    if (realPath === undefined || operations.open === undefined) throw new Error('PGlite has no way to sync its files')
    operations.fsync = ({ nfd, node }) => {
      // Only files have a descriptor of the system; folders are synced too, for the names in them.
      if (nfd === undefined) this.#syncFolder(realPath(node))
      else this.#sync(nfd)
      return 0
    }
  }

  /** Brings everything in the folder to the disk: what PGlite wrote when it created its database there. */
  async syncAll(): Promise<void> {
    const entries = await readdir(this.rootDir, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
    while (files.length > 0) await Promise.all(files.splice(-SYNCED_AT_ONCE).map(syncFile))
    for (const folder of [...folders, this.rootDir]) this.#syncFolder(folder)
  }

  #syncFolder(path: string): void {
    // Windows opens no folders and needs none synced.
    if (process.platform === 'win32') return
    const descriptor = openSync(path, 'r')
    try {
      this.#sync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
}

const SYNCED_AT_ONCE = 64

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

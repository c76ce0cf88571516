/** A folder in memory that loses, at a crash, whatever was not synced; and fails where a test says so. */
import type { AppendFile, DurableFolder } from '../durable-folder.ts'

interface Inode {
  content: Buffer
  /** What is surely on the disk. */
  synced: Buffer
}

/** Picks an integer from 0 to `below - 1`. */
export type Pick = (below: number) => number

export class MemoryFolder implements DurableFolder {
  #names = new Map<string, Inode>()
  #syncedNames = new Map<string, Inode>()
  /** Operations left until a crash; every later one throws `Crashed`. */
  stepsUntilCrash = Number.POSITIVE_INFINITY
  /** Bytes that fit on the disk from now on. */
  space = Number.POSITIVE_INFINITY
  failSync = false
  failTruncate = false
  failRename = false
  /** Syncs of a file, for tests of grouping. */
  syncs = 0

  /** Content of a file as a reader sees it now. */
  peek(name: string): Buffer | null {
    return this.#names.get(name)?.content ?? null
  }

  names(): string[] {
    return [...this.#names.keys()]
  }

  /** What a restart finds: of everything not synced, any part may be there. */
  afterCrash(pick: Pick): MemoryFolder {
    const folder = new MemoryFolder()
    const survivors = new Map<Inode, Inode>()
    const survive = (inode: Inode): Inode => {
      const known = survivors.get(inode)
      if (known !== undefined) return known
      const { content, synced } = inode
      const extends_ = content.length >= synced.length && content.subarray(0, synced.length).equals(synced)
      const kept = extends_
        ? content.subarray(0, synced.length + pick(content.length - synced.length + 1))
        : pick(2) === 0
          ? content
          : synced
      const copy = { content: Buffer.from(kept), synced: Buffer.from(kept) }
      survivors.set(inode, copy)
      return copy
    }
    const useNewNames = pick(2) === 0
    for (const [name, inode] of useNewNames ? this.#names : this.#syncedNames) folder.#names.set(name, survive(inode))
    folder.#syncedNames = new Map(folder.#names)
    return folder
  }

  async read(name: string): Promise<Uint8Array | null> {
    this.#step()
    return this.#names.get(name)?.content ?? null
  }

  async openForAppend(name: string): Promise<AppendFile> {
    this.#step()
    const inode = this.#names.get(name) ?? { content: Buffer.alloc(0), synced: Buffer.alloc(0) }
    this.#names.set(name, inode)
    return {
      length: inode.content.length,
      append: async (bytes) => {
        this.#step()
        const fitting = Math.min(bytes.length, this.space)
        this.space -= fitting
        inode.content = Buffer.concat([inode.content, bytes.subarray(0, fitting)])
        if (fitting < bytes.length) throw diskError('ENOSPC')
      },
      sync: async () => {
        this.#step()
        this.syncs++
        if (this.failSync) throw diskError('EIO')
        inode.synced = inode.content
      },
      truncate: async (length) => {
        this.#step()
        if (this.failTruncate) throw diskError('EIO')
        inode.content = inode.content.subarray(0, length)
      },
      close: async () => {},
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#step()
    const fitting = Math.min(bytes.length, this.space)
    const inode = { content: Buffer.from(bytes.subarray(0, fitting)), synced: Buffer.alloc(0) }
    this.#names.set(name, inode)
    if (fitting < bytes.length) throw diskError('ENOSPC')
    this.#step()
    inode.synced = inode.content
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step()
    if (this.failRename) throw diskError('EBUSY')
    const inode = this.#names.get(from)
    if (inode === undefined) throw diskError('ENOENT')
    this.#names.delete(from)
    this.#names.set(to, inode)
  }

  async remove(name: string): Promise<void> {
    this.#step()
    this.#names.delete(name)
  }

  async sync(): Promise<void> {
    this.#step()
    this.#syncedNames = new Map(this.#names)
  }

  #step(): void {
    if (this.stepsUntilCrash <= 0) throw new Crashed()
    this.stepsUntilCrash--
  }
}

export class Crashed extends Error {}

function diskError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

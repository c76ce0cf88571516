/** Keeps two backends off one PGlite folder: a lock that the system releases however the process ends. */
import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class FolderInUse extends Error {}

/**
 * Takes the lock of a folder, creating the folder where there is none; answers how to release it. It is a listening
 * socket and not a file with a process id: after a power cut that id may be another process's.
 * @throws FolderInUse
 */
export async function lockFolder(folder: string): Promise<() => void> {
  mkdirSync(folder, { recursive: true })
  const name = `floorwalker-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 24)}`
  const windows = process.platform === 'win32'
  const path = windows ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
  if (await answers(path)) throw new FolderInUse('is in use by another backend')
  // The socket of a backend that was killed is left in the way.
  if (!windows) rmSync(path, { force: true })
  const server = await listen(path)
  server.unref()
  return () => server.close()
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.on('error', () => reject(new FolderInUse('is in use by another backend')))
    server.listen(path, () => resolve(server))
  })
}

/**
 * The demo's processes. All end with the demo, and the demo ends with its window. A backend that ends takes a demo without
 * a window along, since a browser has its pages from it; the desktop app goes on, it is there for just this.
 */
const END_TIMEOUT_MS = 4_000

export class DemoProcesses {
  /** True once the demo is ending: what ends now is no news. */
  ending = false
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #children = new Set()
  /** @type {import('node:child_process').ChildProcess | null} */
  #backend = null
  #windowIsOpen = false
  #exit
  #say

  /** @param {{ exit?: (code: number) => void, say?: (line: string) => void }} [ports] this process and standard error by default */
  constructor({ exit = process.exit, say = console.error } = {}) {
    this.#exit = exit
    this.#say = say
  }

  /** Ends a child with the demo. @param {import('node:child_process').ChildProcess} child */
  keep(child) {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    child.once('error', () => this.#children.delete(child))
    child.stdin?.on('error', () => {})
  }

  /** A kept child that listens now and is to be there as long as the demo. @param {import('node:child_process').ChildProcess} child */
  backendListens(child) {
    this.#backend = child
    child.once('exit', (code, signal) => {
      if (this.ending) return
      this.#say(`[backend] ended (${signal ?? code})`)
      if (this.#windowIsOpen) this.#say('The console goes on without it; the next start of the demo brings it back.')
      else void this.end(1)
    })
  }

  /** Keeps the window's process. @param {import('node:child_process').ChildProcess} child */
  keepWindow(child) {
    this.#windowIsOpen = true
    this.keep(child)
    child.once('error', (error) => {
      this.#say(`Electron cannot be started: ${error.message}`)
      void this.end(1)
    })
    child.once('exit', (code, signal) => {
      if (!this.ending && (signal !== null || code !== 0)) this.#say(`[console] ended (${signal ?? code})`)
      void this.end(code ?? 1)
    })
  }

  /** Ends every child, the stubborn ones with force, and then this process. @param {number} code */
  async end(code) {
    if (this.ending) return
    this.ending = true
    // The backend last, so that those who talk to it do not complain about its end.
    await endAll([...this.#children].filter((child) => child !== this.#backend))
    await endAll([...this.#children])
    this.#exit(code)
  }
}

/** @param {import('node:child_process').ChildProcess[]} some */
async function endAll(some) {
  const gone = some.map((child) => new Promise((resolve) => child.once('exit', resolve)))
  for (const child of some) child.kill('SIGTERM')
  const force = setTimeout(() => {
    for (const child of some) child.kill('SIGKILL')
  }, END_TIMEOUT_MS)
  await Promise.all(gone)
  clearTimeout(force)
}

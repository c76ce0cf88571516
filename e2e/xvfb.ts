/** A display for machines that have none: one Xvfb per process, ended with it. */
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

let started: Promise<string> | null = null

/** The display to use: the one that is set, else that of an own Xvfb; undefined where displays have no name. */
export async function ensureDisplay(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  if (process.env.DISPLAY) return process.env.DISPLAY
  started ??= startXvfb()
  return started
}

function startXvfb(): Promise<string> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  // It must not keep a finished test run alive.
  child.unref()
  return new Promise((resolve, reject) => {
    // Never closed here: Xvfb writes in pieces, and a closed pipe would end it.
    const display = child.stdio[3] as Socket
    display.unref()
    let number = ''
    display.on('data', (chunk: Buffer) => {
      number += chunk.toString()
      if (number.endsWith('\n')) resolve(`:${number.trim()}`)
    })
    child.once('error', (error) => reject(new Error(`Xvfb cannot be started (apt-get install xvfb): ${error.message}`)))
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)))
  })
}

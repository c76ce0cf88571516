/** What ends with what in the demo: stub programs in the places of backend, simulator and window. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { DemoProcesses } from './demo-processes.mjs'

const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** A program that runs until it is ended; resolves once it is up. */
async function stub(code = 'setInterval(() => {}, 1000)'): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${code}; console.log('up')`], { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  await once(child.stdout, 'data')
  return child
}

function startDemo() {
  const lines: string[] = []
  let exit: (code: number) => void = () => undefined
  const exited = new Promise<number>((resolve) => {
    exit = resolve
  })
  return { demo: new DemoProcesses({ exit: (code) => exit(code), say: (line) => lines.push(line) }), lines, exited }
}

const runs = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

describe('the processes of the demo', () => {
  it('the window stays when the backend ends, and the demo ends with the window', async () => {
    const { demo, lines, exited } = startDemo()
    const [backend, simulator, window] = await Promise.all([stub(), stub(), stub()])
    demo.keep(backend)
    demo.backendListens(backend)
    demo.keep(simulator)
    demo.keepWindow(window)
    await endOf(backend, 'SIGKILL')
    expect(demo.ending).toBe(false)
    expect([simulator, window].map(runs)).toEqual([true, true])
    expect(lines).toEqual(['[backend] ended (SIGKILL)', expect.stringMatching(/^The console goes on without it/)])
    await endOf(window, 'SIGTERM')
    expect(await exited).toBe(1)
    expect(runs(simulator)).toBe(false)
  })

  it('without a window the demo ends with the backend', async () => {
    const { demo, lines, exited } = startDemo()
    const [backend, simulator] = await Promise.all([stub(), stub()])
    demo.keep(backend)
    demo.backendListens(backend)
    demo.keep(simulator)
    await endOf(backend, 'SIGKILL')
    expect(await exited).toBe(1)
    expect(runs(simulator)).toBe(false)
    expect(lines).toEqual(['[backend] ended (SIGKILL)'])
  })

  it('a window that is closed ends the others, the backend last, with force where needed, and says nothing', async () => {
    const { demo, lines, exited } = startDemo()
    const [backend, stubborn, window] = await Promise.all([
      stub(),
      stub("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"),
      stub('process.stdin.on("end", () => process.exit(0)).resume()'),
    ])
    const ends: string[] = []
    backend.once('exit', () => ends.push('backend'))
    stubborn.once('exit', (_, signal) => ends.push(`stubborn ${signal}`))
    demo.keep(backend)
    demo.backendListens(backend)
    demo.keep(stubborn)
    demo.keepWindow(window)
    window.stdin?.end()
    expect(await exited).toBe(0)
    expect(ends).toEqual(['stubborn SIGKILL', 'backend'])
    expect(lines).toEqual([])
  })
})

/** The least that brings an event from a POST to an open page: what the console's way is compared with. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { JSHandle, Page } from 'playwright-core'
import { launchDesktop } from '../e2e/launch-desktop.ts'
import { repository } from '../e2e/start-backend.ts'
import { gap } from './facts-to-rows.ts'
import { type EchoWatch, listenToEcho } from './in-page.ts'
import { clockOf, inTime } from './page-clock.ts'
import { post } from './shoppers.ts'

/** A bare page of the same Electron that listens to a bare Node.js server in a process of its own. */
export interface BareListener {
  page: Page
  url: string
  echo: JSHandle<EchoWatch>
  stop(): Promise<void>
}

/** Starts server and page. @param userData a folder of its own */
export async function startBareListener(userData: string): Promise<BareListener> {
  const child: ChildProcess = fork(path.join(repository, 'bench/bare-event-server.mjs'))
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  const app = await launchDesktop({ userData, backendUrl: '', appFolder: path.join(repository, 'bench/empty-window') })
  await app.page.goto(url)
  await allowNamedFunctions(app.page)
  return {
    page: app.page,
    url,
    echo: await app.page.evaluateHandle(listenToEcho),
    stop: async () => {
      await app.kill()
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** The compiler that runs benchmarks wraps named functions in a call of this, also those sent to a page. */
export async function allowNamedFunctions(page: Page): Promise<void> {
  await page.evaluate('globalThis.__name = (named) => named')
}

/** POST → the bare server → EventSource in the bare page, `bodies.length` times: milliseconds each. Nothing of ours. */
export async function bareEvents({ page, url, echo }: BareListener, bodies: readonly string[]): Promise<number[]> {
  const clock = await clockOf(page)
  const times: number[] = []
  for (const [index, body] of bodies.entries()) {
    await pause(gap(index))
    const startedAt = performance.now()
    await post(url, {}, body)
    const heardAt = await inTime(
      page.evaluate(({ echo, body }) => echo.heard(body), { echo, body }),
      'the bare event',
    )
    times.push(heardAt + clock.offsetMs - startedAt)
  }
  return times
}

/**
 * Benchmark `put-back`: the put-back list over thousands of left baskets in Chromium, from asking the worker to having it
 * in the window, right after a start and later; beside reading the documents out of Dexie and merging them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ChromiumConsole, launchChromium } from '../e2e/launch-chromium.ts'
import { type Benchmark, type Measurement, median, quantile } from './measurement.ts'
import { buildPage, servePeers } from './million-peers/serve.ts'
import type { Timed } from './put-back/page.ts'

const BASKETS = Number(process.env.FLOORWALKER_BENCH_BASKETS ?? 5_000)
const STARTS = 7
const ASKED_LATER = 20
const SETTLE_MS = 1_000

async function run(log: (line: string) => void): Promise<Measurement[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-put-back-'))
  await buildPage('bench/put-back', path.join(folder, 'page'))
  const server = await servePeers(path.join(folder, 'page'), { blocks: {}, backend: null })
  let browser: ChromiumConsole | null = null
  try {
    browser = await launchChromium(path.join(folder, 'profile'), server.url)
    return await measure(browser, log)
  } finally {
    await browser?.close()
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure({ page }: ChromiumConsole, log: (line: string) => void): Promise<Measurement[]> {
  const ask = (how: 'list' | 'plain') => page.evaluate((asked) => globalThis.listedIn(asked), how)
  const start = async () => {
    await page.reload()
    await page.evaluate(() => globalThis.putBackHost.start())
    await pause(SETTLE_MS)
  }
  await page.evaluate((baskets) => globalThis.putBackHost.fill(baskets), BASKETS)
  await start()
  const first = await ask('list')
  log(`${BASKETS} left baskets: ${first.pieces} pieces of ${first.products} products`)
  await page.evaluate(() => globalThis.putBackHost.keep())
  log(`read from documents for the first time: ${first.ms.toFixed(0)} ms`)
  const [afterStart, later, plain]: [number[], number[], number[]] = [[], [], []]
  const take = async (how: 'list' | 'plain', times: number[]) => {
    const { ms, ...answer } = await ask(how)
    expectSame(answer, first)
    times.push(ms)
  }
  for (let n = 0; n < STARTS; n += 1) {
    await start()
    await take('list', afterStart)
    for (let asked = 0; asked < ASKED_LATER / STARTS; asked += 1) await take('list', later)
    // A start of its own, so that neither finds what the other warmed up.
    await start()
    await take('plain', plain)
  }
  const [p50, worst] = [median(afterStart), Math.max(...afterStart)]
  log(`after a start: ${p50.toFixed(1)} ms (at most ${worst.toFixed(1)}), later ${median(later).toFixed(1)} ms`)
  log(`documents out of Dexie, filtered and merged: ${median(plain).toFixed(0)} ms`)
  const rounded = (value: number) => Math.round(value * 10) / 10
  return [
    { name: 'put-back-list-ms', value: rounded(p50), unit: 'ms' },
    { name: 'put-back-list-later-p95-ms', value: rounded(quantile(later, 0.95)), unit: 'ms' },
    { name: 'put-back-list-first-ms', value: rounded(first.ms), unit: 'ms' },
    { name: 'put-back-list-vs-plain', value: rounded(median(plain) / p50), unit: '×' },
  ]
}

function expectSame(answer: Omit<Timed, 'ms'>, { ms: _ms, ...first }: Timed): void {
  if (JSON.stringify(answer) !== JSON.stringify(first)) throw new Error('the list is not the same as before')
}

export const putBack: Benchmark = {
  about: `the put-back list over ${BASKETS} left baskets after a start, and beside a merge of documents out of Dexie`,
  run,
}

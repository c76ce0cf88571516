/** The part of `million` that asks: the same questions about the same rows to Floorwalker and to each of its peers. */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { type ChromiumConsole, launchChromium } from '../e2e/launch-chromium.ts'
import { quantile } from './measurement.ts'
import type { Expected, Ground } from './million-ground.ts'
import type { Asked } from './million-peers/worker.ts'
import { describeQuestion, faultIn, type Question } from './million-questions.ts'
import { inTime } from './page-clock.ts'

export interface PeerPlan {
  name: string
  title: string
  /** Rows are on disk, and there after a restart. */
  persistent: boolean
  /** Orders ties as Floorwalker does, so that its pages are the same rows. */
  ordersTies: boolean
  /** Only loaded, and asked nothing. */
  loadOnly: boolean
  /** Floorwalker itself: all the others are compared with it. */
  isOurs: boolean
}

/** What one peer took on one ground; times in milliseconds. */
export interface PeerFigures {
  plan: PeerPlan
  rows: number
  loadMs: number
  /** A new browser opens what is stored and answers the first page and count; null where nothing is stored. */
  openMs: number | null
  queries: number[]
  slowest: { ms: number; question: Question } | null
  /** Questions that its time ran out for. */
  unasked: number
  /** A change of the live sessions, and the question right after it. */
  changes: number[]
  queriesAfterChange: number[]
  workerBytes: number | null
  faults: string[]
}

interface Running {
  figures: PeerFigures
  browser: ChromiumConsole
  ground: Ground
  spentMs: number
  /** It gave no answer at all, and is asked no more. */
  isLost: boolean
}

/** What a peer's answers to all rounds, and to all steps, may take together before the rest is left out. */
const PATIENCE_MS = 90_000
/** A single answer; after that a peer counts as lost. */
const ANSWER_PATIENCE_MS = 5 * 60_000
const WARM_UP_PATIENCE_MS = 30_000
/** After loading: what a peer still does in the background is not a question's fault. */
const SETTLE_MS = 5_000
const CLOSING_MS = 2_000

/** Loads all peers, then asks them in turns. Each lives in a browser of its own with a profile on disk. */
export async function askPeers(
  plans: { plan: PeerPlan; ground: Ground; blocksName: string }[],
  { url, folder, log }: { url: string; folder: string; log: (line: string) => void },
): Promise<PeerFigures[]> {
  const running: Running[] = []
  try {
    const figures: PeerFigures[] = []
    for (const { plan, ground, blocksName } of plans) {
      const profile = path.join(folder, `${plan.name}-${blocksName}`)
      const started = startPeer(plan, ground, `${url}/blocks/${blocksName}`, { url, profile })
      const loaded = await started.catch((error: unknown) => {
        // What one of the others cannot hold must not end the comparison.
        if (plan.isOurs) throw error
        log(`${plan.title}: ${ground.count} rows could not be stored: ${messageOf(error)}`)
        return null
      })
      if (loaded === null) continue
      const { loadMs, openMs } = loaded.figures
      const opened = openMs === null ? '' : `, opened in ${Math.round(openMs)} ms`
      log(`${plan.title}: ${ground.count} rows stored in ${(loadMs / 1000).toFixed(1)} s${opened}`)
      figures.push(loaded.figures)
      if (plan.loadOnly) await loaded.browser.close()
      else running.push(loaded)
    }
    await pause(SETTLE_MS)
    await askRounds(running, log)
    for (const peer of running) peer.spentMs = 0
    await askAfterChanges(running)
    for (const { figures, browser, isLost } of running) {
      if (!isLost) figures.workerBytes = await workerBytes(browser)
    }
    return figures
  } finally {
    for (const { browser } of running) await browser.close().catch(() => undefined)
  }
}

async function startPeer(
  plan: PeerPlan,
  ground: Ground,
  blocksUrl: string,
  { url, profile }: { url: string; profile: string },
): Promise<Running> {
  await mkdir(profile, { recursive: true })
  let browser = await launchChromium(profile, url)
  try {
    await browser.page.evaluate((name) => globalThis.peerHost.open(name), plan.name)
    const loadMs = await browser.page.evaluate(({ blocksUrl, blocks }) => globalThis.peerHost.load(blocksUrl, blocks), {
      blocksUrl,
      blocks: ground.blocks.length,
    })
    const figures: PeerFigures = {
      plan,
      rows: ground.count,
      loadMs,
      openMs: null,
      queries: [],
      slowest: null,
      unasked: 0,
      changes: [],
      queriesAfterChange: [],
      workerBytes: null,
      faults: [],
    }
    if (!plan.persistent || plan.loadOnly) return { figures, browser, ground, spentMs: 0, isLost: false }
    await pause(SETTLE_MS)
    await closeGently(browser)
    browser = await launchChromium(profile, url)
    const { name } = plan
    const asked = await browser.page.evaluate(({ name, question }) => globalThis.peerHost.openAndAsk(name, question), {
      name,
      question: ground.first.question,
    })
    noteFault(figures, ground.first, asked)
    return { figures: { ...figures, openMs: asked.ms }, browser, ground, spentMs: 0, isLost: false }
  } catch (error) {
    await browser.close().catch(() => undefined)
    throw new Error(`${plan.title}: ${messageOf(error)}`)
  }
}

/** A browser that is killed forgets the cookies of the last half minute. */
async function closeGently(browser: ChromiumConsole): Promise<void> {
  const session = await browser.page.context().browser()?.newBrowserCDPSession()
  await session?.send('Browser.close')
  await pause(CLOSING_MS)
  await browser.close()
}

/** The first round warms up caches and compilers. */
async function askRounds(running: Running[], log: (line: string) => void): Promise<void> {
  const rounds = Math.max(0, ...running.map(({ ground }) => ground.rounds.length))
  for (let round = 0; round < rounds; round += 1) {
    const patienceMs = round === 0 ? WARM_UP_PATIENCE_MS : PATIENCE_MS
    const shown: string[] = []
    // Whoever goes after another finds other caches and other disturbances, so they take turns.
    for (let turn = 0; turn < running.length; turn += 1) {
      const peer = running[(turn + round) % running.length]
      const questions = peer?.ground.rounds[round] ?? []
      if (peer === undefined) continue
      const times: number[] = []
      for (const expected of questions) {
        if (peer.isLost || peer.spentMs > patienceMs) break
        const ms = await ask(peer, expected)
        if (ms === null) continue
        times.push(ms)
        const { slowest } = peer.figures
        if (round > 0 && ms > (slowest?.ms ?? 0)) peer.figures.slowest = { ms, question: expected.question }
      }
      if (times.length > 0) shown.push(`${peer.figures.plan.name} ${describe(times)}`)
      if (round === 0) peer.spentMs = 0
      else {
        peer.figures.queries.push(...times)
        peer.figures.unasked += questions.length - times.length
      }
    }
    log(`${round === 0 ? 'warm-up' : `round ${round}`}, p50/p95 ms: ${shown.join(', ')}`)
  }
}

async function askAfterChanges(running: Running[]): Promise<void> {
  const steps = Math.max(0, ...running.map(({ ground }) => ground.steps.length))
  for (let index = 0; index < steps; index += 1) {
    for (const peer of running) {
      const step = peer.ground.steps[index]
      if (step === undefined || peer.isLost || peer.spentMs > PATIENCE_MS) continue
      const { rows } = step
      const ms = await change(peer, rows, index + 1)
      if (ms === null) continue
      peer.figures.changes.push(ms)
      peer.spentMs += ms
      const answeredMs = await ask(peer, step)
      if (answeredMs !== null) peer.figures.queriesAfterChange.push(answeredMs)
    }
  }
}

/** Milliseconds of a change; null where the peer did not take it. */
async function change(peer: Running, rows: SessionSummary[], step: number): Promise<number | null> {
  const { page } = peer.browser
  try {
    const changed = page.evaluate(({ rows, step }) => globalThis.peerHost.change(rows, step), { rows, step })
    return await inTime(changed, 'a change', ANSWER_PATIENCE_MS)
  } catch (error) {
    await lose(peer, `${messageOf(error)}: change ${step}`)
    return null
  }
}

/** What it may still be computing must not disturb the others. */
async function lose(peer: Running, why: string): Promise<void> {
  peer.isLost = true
  peer.figures.faults.push(why)
  await peer.browser.close()
}

/** Milliseconds until the answer; null where the peer gave none. */
async function ask(peer: Running, expected: Expected): Promise<number | null> {
  const { page } = peer.browser
  try {
    const asked = await inTime(
      page.evaluate((question) => globalThis.peerHost.ask(question), expected.question),
      'an answer',
      ANSWER_PATIENCE_MS,
    )
    noteFault(peer.figures, expected, asked)
    peer.spentMs += asked.ms
    return asked.ms
  } catch (error) {
    await lose(peer, `${messageOf(error)}: ${describeQuestion(expected.question)}`)
    return null
  }
}

function noteFault({ plan, faults }: PeerFigures, { question, answer }: Expected, asked: Asked): void {
  const fault = faultIn(question, asked.answer, answer, plan)
  if (fault !== null) faults.push(`${fault}: ${describeQuestion(question)}`)
}

/** Bytes that the peer's workers hold, by the browser's own account after a garbage collection. */
async function workerBytes({ page }: ChromiumConsole): Promise<number | null> {
  return page.evaluate(async () => {
    interface Part {
      bytes: number
      attribution: { scope: string }[]
    }
    const measure = (performance as { measureUserAgentSpecificMemory?: () => Promise<{ breakdown: Part[] }> })
      .measureUserAgentSpecificMemory
    if (measure === undefined) return null
    const { breakdown } = await measure.call(performance)
    const ofWorkers = breakdown.filter(({ attribution }) =>
      attribution.some(({ scope }) => scope === 'DedicatedWorkerGlobalScope'),
    )
    return ofWorkers.reduce((sum, { bytes }) => sum + bytes, 0)
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}

function describe(times: number[]): string {
  return `${quantile(times, 0.5).toFixed(1)}/${quantile(times, 0.95).toFixed(1)}`
}

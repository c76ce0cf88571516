/**
 * Kills the real app and a real backend with SIGKILL, again and again, while decisions are made, and counts what became of
 * them. SIGKILL loses no buffers of the system: this proves safety against dying processes. Against a power cut stand the
 * tests of the journal on a folder that forgets what was not synced. An answer takes some 100 ms from the data worker to
 * here: one given that little too early is not found here, but by the sync lab.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { JSHandle } from 'playwright-core'
import { journalEntriesSchema } from '#shared/desktop-api.ts'
import { pause, StoreClient } from '../integration-tools/store-client.ts'
import { Random } from '../simulator/random.ts'
import type { DataApi } from '../src-renderer/data/data-api.ts'
import { DecisionRecord, dataOf, type Tally } from './kill-decisions.ts'
import { type Desktop, launchDesktop } from './launch-desktop.ts'
import { type Backend, startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, unsent } from './story.ts'

export interface CampaignOptions {
  /** Kills of each victim. */
  kills: number
  what: 'app' | 'backend' | 'both'
  seed: number
  /** Gets a line every ten rounds. */
  log?: (line: string) => void
}

export interface CampaignResult extends Tally {
  killed: { app: number; backend: number }
  /** Pending in the journal at the end, as a newly started app reads it from the disk; 0 is right. */
  pendingInJournal: number
  /** False where the console still had unsent decisions when patience ended. */
  allSent: boolean
  /** Folder with all data and the record of decisions, kept for a look where something is wrong; else null. */
  evidence: string | null
}

/** A session must not expire under a campaign that runs over midnight. */
const campaignBootstrap = {
  ...bootstrap,
  stores: bootstrap.stores.map((store) => ({ ...store, expiry: { mode: 'never' as const } })),
}
/** Of the app's kills, how many come while it starts. */
const STARTING_KILLS = 0.1
/** Of its other kills, how many come with an answer; the rest at any moment. */
const KILLS_ON_ANSWER = 0.5
/** Of the app's starts, how many are signed in; the others leave a backlog for the next. */
const SIGN_INS = 0.8
const LONGEST_STARTING_MS = 800
const LONGEST_DECIDING_MS = 1_500
const LONGEST_OUTAGE_MS = 500
const ONLINE_PATIENCE_MS = 60_000
const SENT_PATIENCE_MS = 180_000
const JOURNAL_PATIENCE_MS = 15_000

/** Runs a campaign. A seed gives the same choices; the machine blurs the moments. */
export async function runKillCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-kill-'))
  const campaign = new Campaign(options, folder)
  try {
    const result = await campaign.run()
    if (result.evidence === null) await rm(folder, { recursive: true, force: true })
    return result
  } catch (error) {
    throw new Error(`The campaign could not go on; its data is in ${folder}`, { cause: error })
  } finally {
    await campaign.end()
  }
}

class Campaign {
  private readonly random: Random
  private readonly killed = { app: 0, backend: 0 }
  private backend: Promise<Backend>
  private desktop: Desktop | null = null

  constructor(
    private readonly options: CampaignOptions,
    private readonly folder: string,
  ) {
    this.random = new Random('kill-campaign', options.seed)
    this.backend = this.startBackend()
  }

  async run(): Promise<CampaignResult> {
    const { kills, log } = this.options
    const { url } = await this.backend
    const store = new StoreClient({ backend: url, apiKey: API_KEY })
    const record = await DecisionRecord.prepare(store, Math.max(8, kills))
    // The first sign-in and sync are undisturbed: without them there is nothing to decide on.
    await this.signIn(await this.openApp(url))
    await this.untilOnline()
    for (let round = 1; round <= kills; round += 1) {
      await this.round(record, round, url)
      if (round % 10 === 0) log?.(`${round} of ${kills} rounds, ${record.saved} decisions saved`)
    }
    await this.backend
    const allSent = await this.untilSent(await this.openApp(url))
    const pendingInJournal = allSent ? await this.pendingOnDisk(url) : (await this.pendingInJournal()).length
    const tally = await record.tally(store)
    const right = allSent && pendingInJournal === 0 && tally.lost.length === 0 && tally.doubled.length === 0
    if (!right) await writeFile(path.join(this.folder, 'decisions.json'), JSON.stringify(record.asked, null, 1))
    return { ...tally, killed: this.killed, pendingInJournal, allSent, evidence: right ? null : this.folder }
  }

  async end(): Promise<void> {
    await this.killApp().catch(() => undefined)
    await this.backend.then((backend) => backend.kill()).catch(() => undefined)
  }

  /** A stream of decisions and, in the middle of it, the kills, each at a random moment of its own. */
  private async round(record: DecisionRecord, round: number, url: string): Promise<void> {
    const { random } = this
    const { what } = this.options
    if (this.desktop === null && random.chance(STARTING_KILLS)) {
      await this.launch(url)
      await pause(random.int(0, LONGEST_STARTING_MS))
      await Promise.all([this.appDies(), what === 'both' && this.backendDies(0)])
      return
    }
    const data = await this.openApp(url)
    const stop = new AbortController()
    const deciding = record.keepDeciding(data, random, round, stop.signal)
    if (what === 'backend') {
      await data.evaluate((api) => api.syncNow())
      await this.untilOnline()
    } else if (random.chance(SIGN_INS)) {
      // Not waited for: it may well be killed too.
      void this.backend.then(() => this.signIn(data)).catch(() => undefined)
    }
    await record.moreSaved()
    const moment = () => pause(random.int(0, LONGEST_DECIDING_MS))
    // The sharpest moment for an app: it has just said "saved".
    const appMoment = random.chance(KILLS_ON_ANSWER) ? () => record.moreSaved(random.int(1, 10)) : moment
    const outageMs = random.int(0, LONGEST_OUTAGE_MS)
    await Promise.all([
      what !== 'backend' && appMoment().then(() => this.appDies()),
      what !== 'app' && moment().then(() => this.backendDies(outageMs)),
    ])
    // An app that survived goes on deciding until the backend is back.
    if (what === 'backend') await this.backend
    stop.abort()
    await deciding
  }

  private startBackend(port?: number): Promise<Backend> {
    return startBackend({ dataDir: path.join(this.folder, 'backend'), bootstrap: campaignBootstrap, port })
  }

  /** Resolves when it is dead; its successor is then on its way. */
  private async backendDies(outageMs: number): Promise<void> {
    const backend = await this.backend
    await backend.kill()
    this.killed.backend += 1
    this.backend = pause(outageMs).then(() => this.startBackend(backend.port))
    // Whoever waits for it hears of a failure; until then it must not end the process.
    this.backend.catch(() => undefined)
  }

  private async launch(backendUrl: string): Promise<Desktop> {
    this.desktop = await launchDesktop({ userData: path.join(this.folder, 'app'), backendUrl })
    return this.desktop
  }

  /** The data interface of the running app; starts it where none runs. */
  private async openApp(backendUrl: string): Promise<JSHandle<DataApi>> {
    const { page } = this.desktop ?? (await this.launch(backendUrl))
    return dataOf(page)
  }

  private async appDies(): Promise<void> {
    await this.killApp()
    this.killed.app += 1
  }

  /** Ends every process of the app at once: Playwright starts it as the leader of a group. */
  private async killApp(): Promise<void> {
    const child = this.desktop?.app.process()
    this.desktop = null
    if (child?.pid === undefined) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    process.kill(-child.pid, 'SIGKILL')
    await ended
  }

  /** No secret storage of the system here: every start of the app needs a sign-in before it can send. */
  private async signIn(data: JSHandle<DataApi>): Promise<void> {
    const outcome = await data.evaluate((api) => api.signIn('100', 'anna-secret'))
    if (!outcome.ok) throw new Error(`sign-in: ${outcome.message}`)
  }

  private get page() {
    if (this.desktop === null) throw new Error('the app does not run')
    return this.desktop.page
  }

  private async untilOnline(): Promise<void> {
    await badge(this.page).getByText('Online').waitFor({ timeout: ONLINE_PATIENCE_MS })
  }

  /** False where decisions are still unsent when patience ends. */
  private async untilSent(data: JSHandle<DataApi>): Promise<boolean> {
    await this.signIn(data)
    const sent = unsent(this.page).getByText(/^0 unsent/)
    return sent.waitFor({ timeout: SENT_PATIENCE_MS }).then(
      () => true,
      () => false,
    )
  }

  /** Kills the app once more, so that the answer is what the disk says and not the memory of the main process. */
  private async pendingOnDisk(url: string): Promise<number> {
    // The confirmation follows the moment at which nothing is unsent any more.
    for (let waited = 0; waited < JOURNAL_PATIENCE_MS && (await this.pendingInJournal()).length > 0; waited += 100) {
      await pause(100)
    }
    await this.killApp()
    await this.openApp(url)
    const pending = await this.pendingInJournal()
    return pending.length
  }

  private async pendingInJournal() {
    const answer = await this.page.evaluate(async () => (await fetch('/local/journal/entries')).json())
    return journalEntriesSchema.parse(answer).entries
  }
}

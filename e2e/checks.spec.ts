/** Checks from the notification to the outcome: by keyboard, by scanner, with colleagues, and with the network down. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import type { FactBody } from '../simulator/shopper.ts'
import { launchChromium } from './launch-chromium.ts'
import { type Desktop, launchDesktop } from './launch-desktop.ts'
import { scan } from './scanner.ts'
import { startBackend } from './start-backend.ts'
import {
  API_KEY,
  badge,
  bootstrap,
  checkCard,
  decideSpotCheck,
  navigate,
  openCheck,
  STORE,
  signIn,
  signInWhereAsked,
  unsent,
} from './story.ts'
import { clickNotification, keepNotifications, shownNotifications } from './system-notifications.ts'

const OAT_MILK = '4006381333931'
const RYE_BREAD = '96385074'
/** As a phone's label has it: the basket has the UPC-A below. */
const BEANS_LINK = 'https://example.com/01/00036000291452?17=271231'
const BEANS = '036000291452'
const CHOCOLATE = '5901234123457'

const basket: FactBody[] = [
  { type: 'session.started', client: { type: 'sdk-ios' } },
  { type: 'item.added', lineId: 'l1', sku: OAT_MILK, name: 'Oat milk 1 l', quantity: 2, unitPrice: 199 },
  { type: 'item.added', lineId: 'l2', sku: RYE_BREAD, name: 'Rye bread', quantity: 1, unitPrice: 349 },
  { type: 'item.added', lineId: 'l3', sku: BEANS, name: 'Espresso beans', quantity: 1, unitPrice: 899 },
]
const spotCheck: FactBody[] = [
  { type: 'checkout.started', transactionId: 't1' },
  {
    type: 'verification.required',
    verificationId: 'v1',
    kind: 'spot_check',
    transactionId: 't1',
    reason: 'random_sample',
  },
]

const check = (page: Page) => page.getByTestId('check-page')
const progress = (page: Page) => page.getByTestId('rescan-progress')

test('by keyboard and scanner alone: a sight check in few keys, a partial rescan that becomes full, a crash in it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-checks-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    const launch = () => launchDesktop({ userData: path.join(folder, 'a'), backendUrl: backend.url })
    let desktop: Desktop = await launch()
    closers.unshift(() => desktop.kill())
    let { page } = desktop
    await keepNotifications(desktop)
    await signIn(page, '100', 'anna-secret')
    await expect(badge(page)).toHaveText('Online')
    const sighted = new ScriptedShopper(store, STORE, 'sighted')
    await sighted.send(...basket)
    await expect(page.getByTestId('session-row')).toHaveCount(1)

    // From the notification to the outcome: N opens, Enter takes, A approves, Enter confirms.
    await sighted.send(...spotCheck)
    await expect
      .poll(async () => (await shownNotifications(desktop)).map(({ title }) => title))
      .toEqual(['Spot check · Berlin Mitte'])
    const keys: [key: string, then: () => Promise<void>][] = [
      ['n', () => expect(check(page).getByRole('button', { name: 'Take it' })).toBeFocused()],
      ['Enter', () => expect(check(page).getByRole('button', { name: /^Approve/ })).toBeFocused()],
      ['a', () => expect(check(page).getByRole('button', { name: 'Confirm approval' })).toBeFocused()],
      ['Enter', () => expect(check(page).getByTestId('check-result')).toContainText('Approved by Anna Berg')],
    ]
    expect(keys.length).toBeLessThanOrEqual(6)
    for (const [key, then] of keys) {
      await page.keyboard.press(key)
      await then()
    }
    await expect(page.getByTestId('who-knows')).toContainText('It counted, and the store system has it')
    expect(await sighted.outcome('v1', 10_000)).toMatchObject({ status: 'approved', method: 'sight_check' })

    // A click on the next notification brings the check; a scan begins a rescan, wherever the focus is.
    const scanned = new ScriptedShopper(store, STORE, 'scanned')
    await scanned.send(...basket, ...spotCheck)
    await expect.poll(async () => (await shownNotifications(desktop)).length).toBe(2)
    await clickNotification(desktop)
    await expect(check(page).getByRole('button', { name: 'Take it' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(check(page).getByRole('button', { name: /^Approve/ })).toBeFocused()
    await page.keyboard.press('r')
    await check(page).getByLabel('Note').focus()
    await scan(desktop, OAT_MILK)
    await expect(progress(page)).toHaveText('1 of 4 pieces')
    await expect(page.getByTestId('last-scan')).toContainText('Oat milk 1 l · 1 of 2')
    await expect(check(page).getByLabel('Note')).toHaveValue('')
    await page.keyboard.type('by hand', { delay: 90 })
    await expect(check(page).getByLabel('Note')).toHaveValue('by hand')
    await page.keyboard.press('Escape')
    await scan(desktop, BEANS_LINK)
    await expect(progress(page)).toHaveText('2 of 4 pieces')

    // Something that nobody paid for: the partial rescan is a full one now.
    await scan(desktop, CHOCOLATE)
    await expect(page.getByTestId('became-full')).toContainText('Something did not match: this is a full rescan now')
    await expect(page.getByTestId('differences')).toContainText('Missing item')

    // The power goes. What was scanned is still there, and the rescan goes on.
    await desktop.kill()
    desktop = await launch()
    page = desktop.page
    const asked = page.getByRole('button', { name: 'Sign in…' })
    await expect(asked.or(badge(page).getByText('Online')).first()).toBeVisible()
    await signInWhereAsked(page)
    await expect(badge(page)).toHaveText('Online')
    await openCheck(page, 'scanned')
    await expect(page.getByTestId('draft-restored')).toContainText('3 steps kept on this PC')
    await expect(progress(page)).toHaveText('2 of 4 pieces')
    await scan(desktop, OAT_MILK)
    await scan(desktop, RYE_BREAD)
    await expect(progress(page)).toHaveText('4 of 4 pieces')

    // What it is and costs, by keyboard; then approved with the correction.
    await page.getByRole('button', { name: 'Say what it is…' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type('Chocolate 100 g', { delay: 60 })
    await page.keyboard.press('Tab')
    await page.keyboard.type('1.29', { delay: 60 })
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('prevented-loss')).toHaveText('Prevented loss €1.29')
    await page.keyboard.press('a')
    await expect(check(page).getByRole('button', { name: 'Confirm approval' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(check(page).getByTestId('check-result')).toContainText('Approved with corrections by Anna Berg')
    expect(await scanned.outcome('v1', 10_000)).toMatchObject({
      status: 'approved',
      method: 'full_rescan',
      escalatedFrom: 'partial_rescan',
      itemsChecked: 5,
      differences: [{ kind: 'missing_item', name: 'Chocolate 100 g', quantity: 1, value: 129, inFavourOf: 'store' }],
      corrections: [{ name: 'Chocolate 100 g', quantity: 1, unitPrice: 129 }],
    })

    // The printed codes: a rescan without a hand on the keyboard.
    const hands = new ScriptedShopper(store, STORE, 'hands-free')
    await hands.send(...basket, ...spotCheck)
    await navigate(page, 'Checks')
    await expect(checkCard(page, 'hands-free')).toBeVisible()
    await scan(desktop, 'FW-NEXT')
    await expect(check(page).getByRole('button', { name: 'Take it' })).toBeFocused()
    await scan(desktop, 'FW-TAKE')
    await expect(check(page).getByRole('button', { name: /^Approve/ })).toBeFocused()
    for (const code of [OAT_MILK, BEANS, OAT_MILK, RYE_BREAD]) await scan(desktop, code)
    await expect(progress(page)).toHaveText('4 of 4 pieces')
    await scan(desktop, 'FW-APPROVE')
    await expect(check(page).getByRole('button', { name: 'Confirm approval' })).toBeFocused()
    await scan(desktop, 'FW-CONFIRM')
    await expect(page.getByTestId('who-knows')).toContainText('It counted')
    expect(await hands.outcome('v1', 10_000)).toMatchObject({ status: 'approved', method: 'partial_rescan' })
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})

test('two consoles: a take-over with its reason; network down, a refused age and one check decided twice', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-two-'))
  const downloads = path.join(folder, 'downloads')
  await mkdir(downloads)
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const dataDir = path.join(folder, 'backend')
    const backend = await startBackend({ dataDir, bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    const shopper = (name: string) => new ScriptedShopper(store, STORE, name)
    await shopper('handed-on').send(...basket, ...spotCheck)
    await shopper('twice').send(...basket, ...spotCheck)
    await shopper('young').send(
      { type: 'session.started', client: { type: 'matrix' } },
      { type: 'item.added', lineId: 'l1', sku: '4003', name: 'Gin 0.7 l', quantity: 1, unitPrice: 1_999, minAge: 18 },
      { type: 'verification.required', verificationId: 'v1', kind: 'age_verification', minAge: 18 },
    )
    const desktop = await launchDesktop({
      userData: path.join(folder, 'a'),
      backendUrl: backend.url,
      env: { FLOORWALKER_DOWNLOADS: downloads },
    })
    closers.unshift(() => desktop.kill())
    const browser = await launchChromium(path.join(folder, 'b'), backend.url)
    closers.unshift(() => browser.kill())
    const [anna, ben] = [desktop.page, browser.page]
    await signIn(anna, '100', 'anna-secret')
    await signIn(ben, '200', 'ben-secret')

    // Ben has it; Anna takes it over and says why; Ben reads it.
    await openCheck(ben, 'handed-on')
    await navigate(anna, 'Checks')
    await expect(checkCard(anna, 'handed-on')).toContainText('Taken by Ben Cole since')
    await checkCard(anna, 'handed-on').focus()
    await anna.keyboard.press('Enter')
    await expect(check(anna).getByTestId('check-holder')).toContainText('Ben Cole has it since')
    await anna.keyboard.press('t')
    await anna.getByLabel(/Why do you take it over from Ben Cole/).fill('Ben was called to the till')
    await anna.keyboard.press('Enter')
    await expect(check(anna).getByTestId('check-holder')).toContainText('You have it')
    await expect(check(ben).getByTestId('check-holder')).toContainText('Anna Berg has it since')
    await expect(check(ben).getByTestId('check-holder')).toContainText('“Ben was called to the till”')
    await decideSpotCheck(anna, 'approve')
    await expect(check(ben).getByTestId('check-result')).toContainText('Approved by Anna Berg')

    // Both have opened what they will do when the network goes.
    for (const page of [anna, ben]) {
      await expect(unsent(page)).toHaveText('0 unsent')
      await navigate(page, 'Checks')
      await expect(checkCard(page, 'twice')).toBeVisible()
    }
    await backend.kill()
    for (const page of [anna, ben]) await expect(badge(page)).toHaveText('Offline')

    // An age is refused: the screen says who does not know yet, and the register has it, without a place in the chain.
    await openCheck(anna, 'young')
    await expect(check(anna).getByTestId('minimum-age')).toHaveText('At least18years old')
    await anna.keyboard.press('r')
    await anna.keyboard.press('2')
    await expect(check(anna).getByRole('button', { name: 'Confirm refusal' })).toBeFocused()
    await anna.keyboard.press('Enter')
    await expect(anna.getByTestId('who-knows')).toContainText('The shopper’s app and the gate do not know this yet')
    await anna.keyboard.press('Escape')
    await anna.getByRole('link', { name: 'Register of age refusals' }).click()
    const entry = anna.getByTestId('refusal')
    await expect(entry).toContainText('1 × Gin 0.7 l')
    await expect(entry).toContainText('No identity document')
    await expect(entry).toContainText('Not sent yet')
    await anna.getByRole('button', { name: 'Export CSV…' }).click()
    await expect.poll(() => readdir(downloads)).toHaveLength(1)
    expect(await readFile(path.join(downloads, (await readdir(downloads))[0] ?? ''), 'utf8')).toContain('Gin 0.7 l')

    // The same check, twice: each is told that a colleague may have it.
    await openCheck(anna, 'twice')
    await expect(check(anna)).toContainText('A colleague may have it already')
    await decideSpotCheck(anna, 'approve', 'as Anna saw it')
    await openCheck(ben, 'twice')
    await decideSpotCheck(ben, 'reject', 'as Ben saw it')
    for (const page of [anna, ben]) await expect(page.getByTestId('who-knows')).toContainText('do not know this yet')

    // The network is back: the first to arrive counts, and both see the same.
    const back = await startBackend({ dataDir, bootstrap, port: backend.port })
    closers.unshift(() => back.kill())
    for (const page of [anna, ben]) await expect(unsent(page)).toHaveText('0 unsent', { timeout: 60_000 })
    const { employee, status } = await shopper('twice').outcome('v1', 10_000)
    const [winner, loser] = employee?.number === '100' ? [anna, ben] : [ben, anna]
    await expect(winner.getByTestId('who-knows')).toContainText('It counted')
    await expect(loser.getByTestId('who-knows')).toContainText(
      `Yours did not count: ${employee?.name} decided first at`,
    )
    for (const page of [anna, ben])
      await expect(page.getByTestId('check-result')).toHaveAttribute('data-status', status)
    await expect(loser.getByTestId('results-banner')).toContainText('did not count')

    // The refusal has its place in the chain, on both PCs.
    for (const page of [anna, ben]) {
      await navigate(page, 'Checks')
      await page.getByRole('link', { name: 'Register of age refusals' }).click()
      await expect(page.getByTestId('chain')).toContainText('Chain verified, 1 entry')
      await expect(page.getByTestId('refusal')).toContainText('No identity document')
      await expect(page.getByTestId('refusal')).not.toContainText('Not sent yet')
    }
    await anna.getByRole('button', { name: 'Compare with the backend' }).click()
    await expect(anna.getByTestId('comparison')).toContainText('have the same 1 entry')
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})

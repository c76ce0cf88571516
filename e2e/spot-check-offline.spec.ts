/** The story: a spot check decided with the network down survives a kill and reaches the store system once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { launchChromium } from './launch-chromium.ts'
import { launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import {
  API_KEY,
  badge,
  bootstrap,
  decideSpotCheck,
  navigate,
  openCheck,
  row,
  STORE,
  signIn,
  signInWhereAsked,
  unsent,
} from './story.ts'

interface OpenConsole {
  page: Page
  kill: () => Promise<void>
}
type Launch = (profile: string, url: string) => Promise<OpenConsole>

const hosts: { name: string; launch: Launch; loadsWithoutBackend: boolean }[] = [
  {
    name: 'desktop app on a real Electron',
    launch: (userData, backendUrl) => launchDesktop({ userData, backendUrl }),
    loadsWithoutBackend: true,
  },
  // The backend serves the page, so a browser that was closed needs it back to show anything.
  { name: 'console in Chromium', launch: launchChromium, loadsWithoutBackend: false },
]

for (const { name, launch, loadsWithoutBackend } of hosts) {
  test(`a spot check decided offline: ${name}`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-story-'))
    const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
    try {
      let backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
      closers.unshift(() => backend.stop())
      const { url, port } = backend
      const store = new StoreClient({ backend: url, apiKey: API_KEY })
      const shopper = new ScriptedShopper(store, STORE, 'shopper-1')

      let consoleA = await launch(path.join(folder, 'a'), url)
      closers.unshift(() => consoleA.kill())
      const consoleB = await launchChromium(path.join(folder, 'b'), url)
      closers.unshift(() => consoleB.kill())

      // A wrong password is said where the person looks, and changes nothing.
      await signIn(consoleA.page, '100', 'wrong')
      await expect(consoleA.page.getByText('Employee number or password is wrong')).toBeVisible()
      await signIn(consoleA.page, '100', 'anna-secret')
      await signIn(consoleB.page, '200', 'ben-secret')
      await expect(badge(consoleA.page)).toHaveText('Online')
      await expect(badge(consoleB.page)).toHaveText('Online')
      await expect(unsent(consoleA.page)).toHaveText('0 unsent')

      // Live sessions appear without a reload.
      await shopper.send(
        { type: 'session.started', client: { type: 'matrix' } },
        { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk 1 l', quantity: 2, unitPrice: 199 },
        { type: 'item.added', lineId: 'l2', sku: '4002', name: 'Rye bread', quantity: 1, unitPrice: 349 },
      )
      await expect(row(consoleA.page, 'shopper-1')).toBeVisible()
      await expect(row(consoleA.page, 'shopper-1')).toContainText('€7.47')
      await expect(row(consoleB.page, 'shopper-1')).toBeVisible()

      // A spot check starts waiting.
      await shopper.send(
        { type: 'checkout.started', transactionId: 't1' },
        { type: 'payment.started', transactionId: 't1', method: 'card' },
        { type: 'verification.required', verificationId: 'v1', kind: 'spot_check', transactionId: 't1' },
      )
      await navigate(consoleA.page, 'Checks')
      const card = consoleA.page.getByTestId('check-card')
      await expect(card).toHaveCount(1)

      // The backend is killed: the badge says so, list and detail stay.
      await backend.kill()
      await expect(badge(consoleA.page)).toHaveText('Offline')
      await navigate(consoleA.page, 'Sessions')
      await expect(row(consoleA.page, 'shopper-1')).toBeVisible()
      await row(consoleA.page, 'shopper-1').click()
      await expect(consoleA.page.getByTestId('spot-check')).toContainText('Waiting')
      await expect(consoleA.page.getByText('Oat milk 1 l').first()).toBeVisible()

      // Acknowledged, then approved with a note, offline.
      await navigate(consoleA.page, 'Checks')
      const takenAt = Date.now()
      await card.getByRole('button', { name: 'Take' }).click()
      await expect(card).toContainText('Taken by you')
      await expect(unsent(consoleA.page)).toHaveText('1 unsent')
      await openCheck(consoleA.page, 'shopper-1')
      const approvedAt = Date.now()
      await decideSpotCheck(consoleA.page, 'approve', 'all there, friendly shopper')
      await expect(consoleA.page.getByTestId('who-knows')).toContainText('the gate do not know this yet')
      await expect(unsent(consoleA.page)).toHaveText('1 unsent')

      // SIGKILL and a new start: still there, still unsent.
      await consoleA.kill()
      if (loadsWithoutBackend) {
        consoleA = await launch(path.join(folder, 'a'), url)
        await expect(unsent(consoleA.page)).toHaveText('1 unsent')
        await expect(badge(consoleA.page)).toHaveText('Offline')
        await row(consoleA.page, 'shopper-1').click()
        await expect(consoleA.page.getByTestId('spot-check')).toContainText('Approved')
        await expect(consoleA.page.getByText('all there, friendly shopper').first()).toBeVisible()
      }

      // The backend comes back: sent once, confirmed.
      backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap, port })
      if (!loadsWithoutBackend) expect((await shopper.session())?.spotCheck).toBe('waiting')
      if (!loadsWithoutBackend) consoleA = await launch(path.join(folder, 'a'), url)
      await signInWhereAsked(consoleA.page)
      await expect(unsent(consoleA.page)).toHaveText('0 unsent', { timeout: 60_000 })
      await expect(badge(consoleA.page)).toHaveText('Online')

      // The store system reads the outcome with the right times.
      const verification = await shopper.outcome('v1', 10_000)
      expect(verification).toMatchObject({
        status: 'approved',
        note: 'all there, friendly shopper',
        employee: { number: '100', name: 'Anna Berg' },
      })
      const document = await shopper.session()
      if (document === null) throw new Error('the session is gone')
      const near = (actual: number, expected: number) => expect(Math.abs(actual - expected)).toBeLessThan(1_500)
      near(document.waitingMs, takenAt - Date.parse(verification.shownAt))
      near(document.interactionMs, approvedAt - takenAt)
      expect(document.waitingSince).toBeNull()
      expect(document.interactingSince).toBeNull()
      expect(document.events.filter((event) => event.source === 'console').map((event) => event.type)).toEqual([
        'verification.acknowledged',
        'verification.resolved',
      ])

      // The shopper pays and leaves; both consoles show it.
      await shopper.send(
        { type: 'payment.completed', transactionId: 't1', amount: 747, receiptNumber: 'R-1' },
        { type: 'exit.scanned' },
      )
      for (const { page } of [consoleA, consoleB]) {
        await expect(badge(page)).toHaveText('Online', { timeout: 60_000 })
        await navigate(page, 'Sessions')
        await row(page, 'shopper-1').click()
        await expect(page.getByTestId('progress')).toHaveText(/session_completed|session completed/i)
        await expect(page.getByTestId('spot-check')).toContainText('Approved')
        await expect(page.getByText('Anna Berg').first()).toBeVisible()
      }
    } finally {
      for (const close of closers) await close().catch(() => undefined)
    }
  })
}

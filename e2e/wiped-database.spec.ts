/** The browser's storage is gone (a full disk can do that to Chromium): what was decided comes back from the journal. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, decideSpotCheck, navigate, openCheck, STORE, signIn, unsent } from './story.ts'

const SHOPPERS = ['first', 'second', 'third']

test('decisions made offline survive the deletion of IndexedDB and are sent once', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-wiped-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const dataDir = path.join(folder, 'backend')
    const userData = path.join(folder, 'app')
    let backend = await startBackend({ dataDir, bootstrap })
    closers.unshift(() => backend.kill())
    const { url: backendUrl, port } = backend
    const store = new StoreClient({ backend: backendUrl, apiKey: API_KEY })
    for (const name of SHOPPERS) {
      await new ScriptedShopper(store, STORE, name).send(
        { type: 'session.started', client: { type: 'sdk-ios' } },
        { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk 1 l', quantity: 1, unitPrice: 199 },
        { type: 'verification.required', verificationId: 'v1', kind: 'spot_check' },
      )
    }
    let desktop = await launchDesktop({ userData, backendUrl })
    closers.unshift(() => desktop.kill())
    await signIn(desktop.page, '100', 'anna-secret')
    await navigate(desktop.page, 'Checks')
    await expect(desktop.page.getByTestId('check-card')).toHaveCount(SHOPPERS.length)

    // Decided with the backend away, so that only this PC knows.
    await backend.kill()
    await expect(badge(desktop.page)).toHaveText('Offline')
    for (const name of SHOPPERS) {
      await openCheck(desktop.page, name)
      await decideSpotCheck(desktop.page, 'approve', `seen ${name}`)
    }
    await expect(unsent(desktop.page)).toHaveText('3 unsent')
    await desktop.close()

    await rm(path.join(userData, 'IndexedDB'), { recursive: true })
    expect(await readdir(userData)).not.toContain('IndexedDB')

    // Nobody is signed in any more, but the sign-in page says what waits here.
    desktop = await launchDesktop({ userData, backendUrl })
    await expect(desktop.page.getByText('3 unsent decisions of employee 100 wait here')).toBeVisible()
    backend = await startBackend({ dataDir, bootstrap, port })
    await signIn(desktop.page, '100', 'anna-secret')
    await expect(badge(desktop.page)).toHaveText('Online')
    await expect(unsent(desktop.page)).toHaveText('0 unsent')

    for (const name of SHOPPERS) {
      const document = await store.getSession(STORE, name)
      expect(document?.verifications).toMatchObject([
        { status: 'approved', note: `seen ${name}`, employee: { number: '100' } },
      ])
      const decided = document?.events.filter((event) => event.source === 'console')
      expect(decided?.map(({ type }) => type)).toEqual(['verification.acknowledged', 'verification.resolved'])
    }
    const entries = () => desktop.page.evaluate(async () => (await fetch('/local/journal/entries')).json())
    await expect.poll(entries).toEqual({ entries: [] })
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})

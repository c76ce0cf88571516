/** Two people at one queue, and two people at one PC: nothing is lost, nothing is shown as another's. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { launchDesktop } from './launch-desktop.ts'
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

/** Decides as Ben through the console API, as his own console would. */
async function decideAsBen(backend: string, sessionId: string, outcome: string): Promise<void> {
  const post = async (path: string, body: unknown, token?: string) => {
    const response = await fetch(`${backend}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    })
    expect(response.ok).toBe(true)
    return response.json()
  }
  const device = { id: `bens-pc-${sessionId}`, name: 'Ben' }
  const { accessToken } = await post('/v1/auth/sign-in', { employeeNumber: '200', password: 'ben-secret', device })
  const { results } = await post(
    '/v1/sync/mutations',
    {
      deviceId: device.id,
      mutations: [
        {
          id: `ben-${sessionId}`,
          seq: 1,
          storeId: STORE,
          sessionId,
          type: 'verification.resolve',
          occurredAt: new Date().toISOString(),
          payload: { verificationId: 'v1', outcome, method: 'sight_check', itemsChecked: 1, differences: [] },
        },
      ],
    },
    accessToken,
  )
  expect(results[0].status).toBe('applied')
}

test('words stay while a colleague decides; what is superseded says by whom; what is unsent stays with its owner, and in sight', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-colleagues-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    for (const name of ['first', 'second', 'third']) {
      await new ScriptedShopper(store, STORE, name).send(
        { type: 'session.started', client: { type: 'sdk-ios' } },
        { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk 1 l', quantity: 1, unitPrice: 199 },
        { type: 'verification.required', verificationId: 'v1', kind: 'spot_check' },
      )
    }
    const desktop = await launchDesktop({ userData: path.join(folder, 'a'), backendUrl: backend.url })
    closers.unshift(() => desktop.kill())
    const { page } = desktop
    await signIn(page, '100', 'anna-secret')
    await navigate(page, 'Checks')
    await expect(checkCard(page, 'first')).toBeVisible()

    // Ben is faster while Anna writes: the page says who decided, and her words are hers to keep.
    const check = await openCheck(page, 'first')
    await check.getByRole('button', { name: /^Approve/ }).click()
    await check.getByLabel('Note').fill('half a sentence')
    await decideAsBen(backend.url, 'first', 'rejected')
    await expect(check.getByTestId('check-result')).toContainText('Rejected by Ben Cole')
    await expect(check.getByTestId('left-over')).toContainText('half a sentence')
    await check.getByRole('button', { name: 'Keep it as a note in the session' }).click()
    await expect
      .poll(async () => (await store.getSession(STORE, 'first'))?.notes)
      .toMatchObject([{ text: 'half a sentence' }])

    // Ben is faster while Anna has no network: hers did not count, and nothing is hushed up.
    await openCheck(page, 'second')
    await expect(unsent(page)).toHaveText('0 unsent')
    await backend.kill()
    await expect(badge(page)).toHaveText('Offline')
    await decideSpotCheck(page, 'approve', 'all there')
    const elsewhere = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    await decideAsBen(elsewhere.url, 'second', 'rejected')
    await elsewhere.stop()
    const back = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap, port: backend.port })
    closers.unshift(() => back.kill())
    await signInWhereAsked(page)
    await expect(page.getByTestId('who-knows')).toContainText('Yours did not count: Ben Cole decided first')
    await expect(page.getByTestId('results-banner')).toContainText('1 decision of yours did not count')
    await page.getByTestId('results-banner').getByRole('link', { name: 'Show' }).click()
    const result = page.getByTestId('result-card')
    await expect(result).toContainText('Approved the check: “all there”')
    await expect(result).toContainText('Rejected the check')
    await expect(result).toContainText('The check stays rejected by Ben Cole')
    await result.getByRole('button', { name: 'Mark as seen' }).click()
    await expect(page.getByText('Nothing is left to look at')).toBeVisible()
    await page.getByRole('button', { name: '1 decision seen in the last 90 days' }).click()
    await expect(result).toContainText('The check stays rejected by Ben Cole')

    // Anna decides offline and signs out; the sign-in page says what waits for her.
    await openCheck(page, 'third')
    await expect(unsent(page)).toHaveText('0 unsent')
    await back.kill()
    await expect(badge(page)).toHaveText('Offline')
    await decideSpotCheck(page, 'approve')
    await expect(unsent(page)).toHaveText('1 unsent')
    await page.getByRole('button', { name: /Anna Berg/ }).click()
    await page.getByRole('menuitem', { name: /Sign out/ }).click()
    await expect(page.getByText('1 unsent decision of employee 100 waits here')).toBeVisible()

    // Ben, at the same PC, neither sends nor sees it as his; it stays in view whose it is.
    const again = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap, port: backend.port })
    closers.unshift(() => again.kill())
    await signIn(page, '200', 'ben-secret')
    await expect(badge(page)).toHaveText('Online')
    await expect(unsent(page)).toHaveText('0 unsent')
    await expect(page.getByText('1 of others')).toBeVisible()
    await navigate(page, 'Checks')
    await expect(checkCard(page, 'third')).toBeVisible()
    await expect(page.getByText('Decided by you')).toHaveCount(0)
    expect((await store.getSession(STORE, 'third'))?.spotCheck).toBe('in_progress')
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})

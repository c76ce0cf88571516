/** What the stories share: one store, two supervisors, and the words on the screen. */
import { expect, type Locator, type Page } from '@playwright/test'

export const STORE = 'berlin'
export const API_KEY = 'key-of-the-story'
export const bootstrap = {
  stores: [{ id: STORE, name: 'Berlin Mitte', timezone: 'Europe/Berlin', currency: 'EUR' }],
  apiKeys: [{ key: API_KEY, stores: [STORE] }],
  employees: [
    { number: '100', name: 'Anna Berg', password: 'anna-secret', role: 'supervisor' as const, stores: [STORE] },
    { number: '200', name: 'Ben Cole', password: 'ben-secret', role: 'supervisor' as const, stores: [STORE] },
  ],
}

/** Fills in the sign-in form. */
export async function signIn(page: Page, number: string, password: string): Promise<void> {
  await page.getByLabel('Employee number').fill(number)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** A session's row in the list. */
export const row = (page: Page, sessionId: string) =>
  page.locator(`[data-testid="session-row"][data-session-id="${sessionId}"]`)
export const badge = (page: Page) => page.getByTestId('connection-badge')
export const unsent = (page: Page) => page.getByTestId('unsent-count')
/** Goes to a room by the navigation on the left. */
export const navigate = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name }).click()

/** Signs Anna in again: without secure storage of the OS no sign-in is kept, and the console asks before it sends. */
export async function signInWhereAsked(page: Page): Promise<void> {
  const asked = page.getByRole('button', { name: 'Sign in…' })
  const sent = unsent(page).getByText('0 unsent', { exact: true })
  await expect(asked.or(sent).first()).toBeVisible({ timeout: 60_000 })
  if (!(await asked.isVisible())) return
  await asked.click()
  await expect(page.getByLabel('Employee number')).toHaveValue('100')
  await page.getByLabel('Password', { exact: true }).fill('anna-secret')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** A session's card in the queue of checks. */
export const checkCard = (page: Page, sessionId: string) =>
  page.locator(`[data-testid="check-card"][data-session-id="${sessionId}"]`)

/** Opens a check from the queue, and takes it where nobody has it. */
export async function openCheck(page: Page, sessionId: string): Promise<Locator> {
  await navigate(page, 'Checks')
  await checkCard(page, sessionId).getByRole('link', { name: /^Open/ }).click()
  const check = page.getByTestId('check-page')
  await expect(check).toBeVisible()
  const take = check.getByRole('button', { name: 'Take it' })
  if (await take.isVisible()) await take.click()
  await expect(check.getByTestId('check-holder')).toContainText('You have it')
  return check
}

/** Gives the outcome of the spot check that is open. */
export async function decideSpotCheck(page: Page, outcome: 'approve' | 'reject', note?: string): Promise<void> {
  const check = page.getByTestId('check-page')
  await check.getByRole('button', { name: outcome === 'approve' ? /^Approve/ : /^Reject/ }).click()
  if (note !== undefined) await check.getByLabel('Note').fill(note)
  await check.getByRole('button', { name: outcome === 'approve' ? 'Confirm approval' : 'Confirm rejection' }).click()
  await expect(check.getByTestId('check-result')).toBeVisible()
}

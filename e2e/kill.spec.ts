/** A short kill campaign in every test run; the long one is `npm run kill-campaign`. */
import { expect, test } from '@playwright/test'
import { runKillCampaign } from './kill-campaign.ts'

test('decisions survive SIGKILL of the app and of the backend: each saved one counts once', async () => {
  // Nine starts of Electron and five of a backend.
  test.slow()
  const seed = Number(process.env.FLOORWALKER_SEED ?? 1)
  const { answers, lost, doubled, killed, allSent, pendingInJournal, evidence } = await runKillCampaign({
    kills: 4,
    what: 'both',
    seed,
  })
  expect(killed).toEqual({ app: 4, backend: 4 })
  expect(answers.saved, 'decisions saved').toBeGreaterThan(4)
  expect({ seed, lost, doubled, allSent, pendingInJournal, evidence }).toEqual({
    seed,
    lost: [],
    doubled: [],
    allSent: true,
    pendingInJournal: 0,
    evidence: null,
  })
})

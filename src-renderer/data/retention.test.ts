import 'fake-indexeddb/auto'
import { expect, it } from 'vitest'
import { DAY_MS } from '#shared/time/day-length.ts'
import { type CheckDraftRow, ConsoleDatabase } from './database.ts'
import { removeOld } from './retention.ts'
import { SessionIndex } from './session-index.ts'

const NOW = Date.parse('2026-03-31T12:00:00Z')

it('removes drafts of checks that nobody has gone on with for a week, and no others', async () => {
  const database = new ConsoleDatabase('retention')
  const draft = (verificationId: string, days: number): CheckDraftRow => ({
    storeId: 'a',
    sessionId: 's',
    verificationId,
    savedAt: NOW - days * DAY_MS,
    draft: {} as CheckDraftRow['draft'],
  })
  await database.checkDrafts.bulkPut([draft('left alone', 7.01), draft('under way', 6.99)])
  await removeOld(database, new SessionIndex(() => 'UTC'), 30, NOW)
  expect((await database.checkDrafts.toArray()).map((row) => row.verificationId)).toEqual(['under way'])
})

import { describe, expect, it } from 'vitest'
import { sessionDocumentSchema } from '#shared/protocol/session-document.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { dayOf, summarize } from '#shared/session/session-summary.ts'
import { documentOf, generateMillion, millionStores } from './million-data.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 7)
const days = [...generateMillion({ seed, rows: 20_000 })]
const rows = days.flatMap((day) => day.rows)
const settingsOf = (storeId: string) => millionStores.find(({ id }) => id === storeId) ?? expect.fail(storeId)

describe(`benchmark data (seed ${seed})`, () => {
  it('are as many sessions as asked for, the same for the same seed, and no two with one id or version', () => {
    expect(rows).toHaveLength(20_000)
    expect([...generateMillion({ seed, rows: 20_000 })]).toEqual(days)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    expect(new Set(rows.map(({ storeId, version }) => `${storeId} ${version}`)).size).toBe(rows.length)
    expect(new Set(days.map(({ date }) => date)).size).toBe(180)
    expect(days.map(({ date }) => date)).toEqual(days.map(({ date }) => date).toSorted())
  })

  it('lie in the day that they are given for, in the order of a day block', () => {
    for (const { storeId, date, rows: ofDay } of days) {
      const { timezone } = settingsOf(storeId)
      expect(ofDay).toEqual(ofDay.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)))
      for (const row of ofDay) expect([dayOf(documentOf(row), timezone), row.storeId]).toEqual([date, storeId])
    }
  })

  it('have documents that are valid and say the same; those still open are the fold of their events', () => {
    let open = 0
    for (const row of rows) {
      const document = documentOf(row)
      expect(sessionDocumentSchema.parse(document)).toEqual(document)
      expect(summarize(document)).toEqual(row)
      if (row.endedAt !== null) continue
      open += 1
      const { id, storeId, version } = row
      const input = { id, storeId, settings: settingsOf(storeId), version }
      expect(foldSession(input, document.events, row.lastActivityAt)).toEqual(document)
    }
    expect(open).toBeGreaterThan(0)
  })

  it('spread over what filters ask for', () => {
    const share = (is: (row: (typeof rows)[number]) => boolean) => rows.filter(is).length / rows.length
    expect(share(({ customerId }) => customerId !== null)).toBeCloseTo(0.35, 1)
    for (const progress of ['session_completed', 'abandoned', 'basket_created']) {
      expect(share((row) => row.progress === progress)).toBeGreaterThan(0.005)
    }
    expect(share(({ spotCheck }) => spotCheck === 'rejected')).toBeGreaterThan(0.001)
    expect(share(({ rating }) => rating !== null)).toBeGreaterThan(0.05)
    expect(new Set(rows.map(({ currency }) => currency))).toEqual(new Set(['EUR', 'USD']))
  })
})

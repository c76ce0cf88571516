import { describe, expect, it } from 'vitest'
import type { DataSafety } from '../../data/data-api.ts'
import { safetyVerdict } from './safety-verdict.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const MINUTE = 60_000

const calm: Parameters<typeof safetyVerdict>[0] = {
  unsent: 0,
  oldestUnsentAt: null,
  unsentOfOthers: [],
  connection: 'online',
  signInNeeded: false,
  readOnly: false,
  lowDisk: false,
  journalled: true,
}
const safety: DataSafety = {
  unsent: [],
  stores: [],
  clock: { offsetMs: 0, uncertaintyMs: 5, measuredAt: NOW },
  storage: { usedBytes: 1, quotaBytes: 10, freeDiskBytes: 10, persisted: true, low: false },
  journal: { pending: 0, bytes: 0, tornBytes: 0, corruptLines: 0, readOnly: false },
  keepDetailsDays: 30,
  detailsAheadDays: 0,

  incidents: [],
  lastIntegrityCheck: null,
}

describe('the first line of the data-safety page', () => {
  it('is calm when everything is confirmed', () => {
    expect(safetyVerdict(calm, safety, NOW)).toEqual({
      tone: 'ok',
      headline: 'Everything you decided is confirmed',
      details: [],
    })
  })

  it('counts what waits, says since when and what it waits for', () => {
    const offline = { ...calm, unsent: 3, oldestUnsentAt: NOW - 12 * MINUTE, connection: 'offline' as const }
    expect(safetyVerdict(offline, safety, NOW)).toEqual({
      tone: 'warn',
      headline: '3 decisions wait to be sent, the oldest taken 12 min ago',
      details: ['They are sent, once and in order, as soon as the backend answers.'],
    })
    const asked = safetyVerdict({ ...offline, unsent: 1, signInNeeded: true }, safety, NOW)
    expect(asked.headline).toBe('1 decision waits to be sent, taken 12 min ago')
    expect(asked.details).toEqual(['It is sent as soon as you have signed in again.'])
  })

  it('keeps what others have here in sight although the own ones are confirmed', () => {
    const verdict = safetyVerdict({ ...calm, unsentOfOthers: [{ employeeNumber: '200', count: 2 }] }, safety, NOW)
    expect(verdict.headline).toBe('Everything you decided is confirmed')
    expect(verdict.tone).toBe('warn')
    expect(verdict.details[0]).toContain('2 decisions of employee 200 wait on this PC')
  })

  it('never promises to send what a read-only console cannot send', () => {
    const waiting = { ...calm, readOnly: true, unsent: 2, oldestUnsentAt: NOW }
    const verdict = safetyVerdict(waiting, safety, NOW)
    expect(verdict.tone).toBe('bad')
    expect(verdict.details.join(' ')).toContain('changes and sends nothing')
    expect(verdict.details.join(' ')).not.toContain('on the way')
  })

  it('says that a browser keeps unsent decisions in one place only', () => {
    const browser = { ...calm, journalled: false, unsent: 1, oldestUnsentAt: NOW }
    expect(safetyVerdict(browser, { ...safety, journal: null }, NOW).details.join(' ')).toContain('this browser only')
  })

  it('raises a damaged journal, a full disk and days that differ', () => {
    const damaged: DataSafety = {
      ...safety,
      journal: { pending: 0, bytes: 1, tornBytes: 0, corruptLines: 1, readOnly: false },
      lastIntegrityCheck: {
        at: NOW,
        storesChecked: 1,
        daysChecked: 2,
        sessionsChecked: 3,
        findings: [{ storeId: 's', date: '2026-11-20', here: 1, there: 2, repaired: false }],
        unchecked: [],
      },
    }
    const verdict = safetyVerdict({ ...calm, lowDisk: true }, damaged, NOW)
    expect(verdict.tone).toBe('bad')
    expect(verdict.details).toHaveLength(3)
    // A torn last line is normal after a power cut: nothing that was reported as saved is missing.
    const torn = { ...safety, journal: { pending: 0, bytes: 1, tornBytes: 40, corruptLines: 0, readOnly: false } }
    expect(safetyVerdict(calm, torn, NOW).tone).toBe('ok')
  })
})

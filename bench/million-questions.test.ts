import { describe, expect, it } from 'vitest'
import { columnsOf } from '#shared/protocol/day-block.ts'
import { Random } from '../simulator/random.ts'
import { SessionIndex } from '../src-renderer/data/session-index.ts'
import { generateMillion, millionStores } from './million-data.ts'
import { LiveSessions } from './million-ground.ts'
import { answerNaively, faultIn, questionsAbout } from './million-questions.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 3)
const days = [...generateMillion({ seed, rows: 4_000 })]
const rows = days.flatMap((day) => day.rows)
const questions = questionsAbout(rows, new Random('questions', seed))

describe(`questions of the million (seed ${seed})`, () => {
  it('are answered naively as the session index answers them', () => {
    const index = new SessionIndex(() => 'UTC')
    for (const { storeId, rows: ofDay } of days) index.addBlock(storeId, columnsOf(ofDay))
    const all = millionStores.map(({ id }) => id)
    for (const question of questions) {
      const storeIds = question.storeIds.length === 0 ? all : question.storeIds
      const answer = index.query({ ...question, storeIds }, () => 30)
      expect(faultIn(question, answer, answerNaively(rows, question), { ordersTies: true })).toBeNull()
    }
  })

  it('mostly find something, and every kind of narrowing occurs', () => {
    const counts = questions.map((question) => answerNaively(rows, question).count)
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(questions.length / 2)
    expect(questions.some(({ text }) => text !== '')).toBe(true)
    expect(questions.some(({ offset }) => offset > 1_000)).toBe(true)
  })

  it('find out wrong counts, wrong rows, wrong orders and rows that come twice', () => {
    const [question] = questions
    if (question === undefined) throw new Error('no questions')
    const right = answerNaively(rows, question)
    const [first, second, ...others] = right.rows
    if (first === undefined || second === undefined) throw new Error('no rows')
    const wrong = [
      { ...right, count: right.count + 1 },
      { ...right, rows: right.rows.slice(1) },
      { ...right, rows: [second, first, ...others] },
      { ...right, rows: [first, first, ...others] },
    ]
    for (const answer of wrong) expect(faultIn(question, answer, right, { ordersTies: true })).not.toBeNull()
    expect(faultIn(question, right, right, { ordersTies: true })).toBeNull()
  })
})

describe('live sessions', () => {
  it('are open sessions that change at every step', () => {
    const live = new LiveSessions(seed, Date.UTC(2026, 5, 30))
    for (const step of [0, 1, 2]) {
      for (const row of live.rowsAt(step)) {
        expect(row).toMatchObject({ state: 'open', endedAt: null, quantity: step + 1, storeId: live.storeId })
      }
    }
    expect(live.rowsAt(1).map(({ id }) => id)).toEqual(live.rowsAt(0).map(({ id }) => id))
  })
})

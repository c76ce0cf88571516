/** Holds the specification and the tests together: no clause without a test, no test of a clause that is not there. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const CLAUSE = /\[([A-Z]+-\d+)\]/g
const clausesIn = (text: string): string[] => [...text.matchAll(CLAUSE)].map((match) => match[1] ?? '')

const spec = readFileSync(path.join(root, 'docs/sync-spec.md'), 'utf8')
const defined = [...spec.matchAll(/^- \*\*\[([A-Z]+-\d+)\]\*\*/gm)].map((match) => match[1] ?? '')

/** Names of tests only: a clause mentioned in a comment is not held by anything. */
const TEST_NAME = /\b(?:it|test)(?:\.\w+)?(?:\([^'"`]*?\))?\(\s*(['"`])(.*?)\1/gs
const tested = ['src-shared', 'src-main', 'src-renderer', 'src-backend', 'sync-lab', 'e2e'].flatMap((room) =>
  readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(test|spec)\.ts$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(path.join(root, room, file), 'utf8')
      return [...text.matchAll(TEST_NAME)].flatMap((match) => clausesIn(match[2] ?? ''))
    }),
)

describe('the sync specification', () => {
  it('numbers its clauses once each', () => {
    expect(defined.length).toBeGreaterThan(30)
    expect(new Set(defined).size).toBe(defined.length)
  })

  it('has a test for every clause', () => {
    expect(defined.filter((clause) => !tested.includes(clause))).toEqual([])
  })

  it('has every clause that a test names', () => {
    expect([...new Set(tested)].filter((clause) => !defined.includes(clause))).toEqual([])
  })
})

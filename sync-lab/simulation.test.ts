/** Half of the seeded worlds of each test run; the other half is in `more-simulations.test.ts`, for a second worker. */
import { describe, expect, it } from 'vitest'
import { writeScript } from './script.ts'
import { simulate } from './simulation.ts'
import { firstSeed, runWorlds } from './testing/run-worlds.ts'

describe('the simulated world', () => {
  it('is the same to the byte for the same seed, and another one for another', async () => {
    for (const seed of [firstSeed, firstSeed + 1, firstSeed + 2]) {
      const [once, again] = [await simulate(writeScript(seed)), await simulate(writeScript(seed))]
      expect(again).toEqual(once)
    }
    const [one, other] = [await simulate(writeScript(firstSeed)), await simulate(writeScript(firstSeed + 1))]
    expect(other.hash).not.toBe(one.hash)
  })

  runWorlds(firstSeed, 150)
})

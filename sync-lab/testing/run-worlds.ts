/** Runs seeded worlds as tests: any broken invariant fails, with the seed to run it again by. */
import { expect, it } from 'vitest'
import { writeScript } from '../script.ts'
import { simulate } from '../simulation.ts'

/** `FLOORWALKER_SEED` moves the seeds of the tests; the default gives the same ones each time. */
export const firstSeed = Number(process.env.FLOORWALKER_SEED ?? 1)

const PER_TEST = 25

/** Tests over `count` seeds from `from` on. */
export function runWorlds(from: number, count: number): void {
  for (let start = from; start < from + count; start += PER_TEST) {
    const seeds = Array.from({ length: Math.min(PER_TEST, from + count - start) }, (_, index) => start + index)
    it(`keeps every invariant with seeds ${seeds[0]} to ${seeds.at(-1)}`, { timeout: 120_000 }, async () => {
      for (const seed of seeds) {
        const { violation } = await simulate(writeScript(seed))
        expect(violation, `npm run sync-lab -- --seeds 1 --from ${seed}`).toBeNull()
      }
    })
  }
}

/** The lab finds what it is there to find: each planted bug breaks an invariant within the budget, and shrinks. */
import { describe, expect, it } from 'vitest'
import { type PlantedBugName, plantedBugs } from './planted-bugs.ts'
import { writeScript } from './script.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulation.ts'

/** Seeds that it may take. */
const BUDGET = 200

async function firstFound(name: PlantedBugName) {
  for (let seed = 1; seed <= BUDGET; seed += 1) {
    const script = writeScript(seed)
    const { violation } = await simulate(script, { plant: plantedBugs[name] })
    // What the product does wrong on its own proves nothing about the plant.
    if (violation !== null && (await simulate(script)).violation === null) return { seed, script, violation }
  }
  return null
}

describe('a planted bug', () => {
  it.each(Object.keys(plantedBugs) as PlantedBugName[])('%s is found', { timeout: 60_000 }, async (name) => {
    expect(await firstFound(name)).not.toBeNull()
  })

  it('shrinks to a shorter script that breaks the same invariant', { timeout: 60_000 }, async () => {
    const found = await firstFound('drop-on-401')
    if (found === null) throw new Error('not found')
    const plant = plantedBugs['drop-on-401']
    const stillBreaks = async (script: typeof found.script) =>
      (await simulate(script, { plant })).violation?.invariant === found.violation.invariant
    const shrunk = await shrink(found.script, stillBreaks, 60)
    expect(shrunk.steps.length).toBeLessThan(found.script.steps.length)
    expect(await stillBreaks(shrunk)).toBe(true)
  })
})

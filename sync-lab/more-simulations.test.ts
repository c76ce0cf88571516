/** The other half of the seeded worlds, and every script that once broke an invariant. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Regression } from './campaign.ts'
import { simulate } from './simulation.ts'
import { firstSeed, runWorlds } from './testing/run-worlds.ts'

const folder = path.join(import.meta.dirname, 'regressions')

describe('the simulated world', () => {
  runWorlds(firstSeed + 150, 150)
})

describe('a script that once broke an invariant', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

  it.each(files)('%s does not any more', async (name) => {
    const { script }: Regression = JSON.parse(readFileSync(path.join(folder, name), 'utf8'))
    expect((await simulate(script)).violation).toBeNull()
  })
})

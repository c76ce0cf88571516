/** Where benchmarks put their files. */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** Measures in a folder of its own, which is gone afterwards. @param name of the benchmark */
export async function inScratchFolder<Result>(
  name: string,
  measure: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `floorwalker-${name}-`))
  try {
    return await measure(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

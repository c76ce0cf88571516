/** The folder of everything this app keeps, checked before Chromium looks at it. */
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { errorCode } from './durable-folder.ts'

/**
 * Makes the folder if it is not there and tries to write in it. Without that, Chromium fails to take its lock there and
 * the app would end as if another one were running.
 * @throws Error with words for a person where it cannot be used
 */
export function prepareUserData(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // A real write: access rights alone tell nothing on a read-only disk or on Windows.
    rmdirSync(mkdtempSync(path.join(folder, '.writable-')))
  } catch (error) {
    // A full disk is no reason to keep what is there from the person.
    if (['ENOSPC', 'EDQUOT'].includes(errorCode(error))) return
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`Floorwalker cannot write to its data folder ${folder}: ${message}`, { cause: error })
  }
}

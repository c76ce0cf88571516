/** Free space of a disk. */
import { statfs } from 'node:fs/promises'

/** Bytes that this user may still write to the disk with `folder`; null where the system does not say. */
export async function freeDiskBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    const bytes = bavail * bsize
    // Some network disks name numbers that mean "no limit".
    return Number.isSafeInteger(bytes) ? bytes : null
  } catch {
    return null
  }
}

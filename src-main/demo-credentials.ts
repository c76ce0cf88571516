/** Sign-ins of a demo, read from the backend's bootstrap file, for the sign-in page to show. */
import { readFile } from 'node:fs/promises'
import type { LocalInfo } from '#shared/desktop-api.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'

/** Null without a file; one that cannot be read is reported and counts as none. */
export async function readDemoCredentials(file: string | undefined): Promise<LocalInfo['demo']> {
  if (!file) return null
  try {
    const { employees, stores } = bootstrapSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    const nameOf = new Map(stores.map((store) => [store.id, store.name]))
    return {
      credentials: employees.map((employee) => ({
        employeeNumber: employee.number,
        password: employee.password,
        note: `${employee.name}, ${employee.role}: ${employee.stores.map((id) => nameOf.get(id) ?? id).join(', ')}`,
      })),
    }
  } catch (error) {
    console.error(`demo credentials: ${file} cannot be read:`, error instanceof Error ? error.message : error)
    return null
  }
}

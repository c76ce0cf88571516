/** The demo, which benchmarks measure on. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Bootstrap, bootstrapSchema, type StoreSettings } from '#shared/protocol/store-settings.ts'
import { repository } from '../e2e/start-backend.ts'

interface Demo {
  bootstrap: Bootstrap
  /** The first of each. */
  store: StoreSettings
  apiKey: string
  employee: Bootstrap['employees'][number]
}

/** Stores, people and keys of the demo. */
export async function readDemo(): Promise<Demo> {
  const file = path.join(repository, 'simulator/demo-bootstrap.json')
  const bootstrap = bootstrapSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  const [[store], [apiKey], [employee]] = [bootstrap.stores, bootstrap.apiKeys, bootstrap.employees]
  if (store === undefined || apiKey === undefined || employee === undefined) throw new Error('the demo lacks somebody')
  return { bootstrap, store, apiKey: apiKey.key, employee }
}

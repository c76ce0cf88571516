/** A first word with the backend, before any real one. */
import { CallError, type StoreClient } from './store-client.ts'

/** Reports nothing to each store: shows a wrong address, key or store before anything else happens. */
export async function checkAccess(client: StoreClient, storeIds: readonly string[]): Promise<void> {
  for (const storeId of storeIds) {
    try {
      await client.postEvents(storeId, [])
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (error.failure === 'unauthorized') throw new Error(`--api-key was refused by the backend: ${error.message}`)
      if (error.failure === 'store_forbidden' || error.failure === 'store_unknown') {
        throw new Error(`--api-key has no access to store ${storeId}: ${error.message}`)
      }
      throw error
    }
  }
}

/** The OS's secret storage through Electron's safeStorage: asynchronous where this Electron has it, else synchronous. */
import type { SafeStorage } from 'electron'
import type { SecretBox } from './sign-in-keeper.ts'

/** What differs between Electron versions may be missing. */
export type SafeStorageLike = Pick<SafeStorage, 'isEncryptionAvailable' | 'encryptString' | 'decryptString'> &
  Partial<
    Pick<
      SafeStorage,
      'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
    >
  >

/**
 * Null where nothing protects what would be written: no encryption, or Linux's `basic_text`, which uses a key that
 * everyone knows. Call after the app is ready.
 */
export async function openSecretBox(storage: SafeStorageLike, platform: NodeJS.Platform): Promise<SecretBox | null> {
  if (platform === 'linux') {
    const backend = storage.getSelectedStorageBackend?.() ?? 'unknown'
    if (backend === 'basic_text' || backend === 'unknown') return null
  }
  if (storage.isAsyncEncryptionAvailable && storage.encryptStringAsync && storage.decryptStringAsync) {
    const { encryptStringAsync, decryptStringAsync } = storage
    if (!(await storage.isAsyncEncryptionAvailable())) return null
    return {
      encrypt: (text) => encryptStringAsync.call(storage, text),
      decrypt: async (bytes) => (await decryptStringAsync.call(storage, Buffer.from(bytes))).result,
    }
  }
  if (!storage.isEncryptionAvailable()) return null
  return {
    encrypt: async (text) => storage.encryptString(text),
    decrypt: async (bytes) => storage.decryptString(Buffer.from(bytes)),
  }
}

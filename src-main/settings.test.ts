import { expect, test } from 'vitest'
import { openSecretBox, type SafeStorageLike } from './secrets.ts'
import { normaliseUrl, SettingsFile } from './settings.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

test('keeps what was changed; the environment wins at the start', async () => {
  const folder = new MemoryFolder()
  const settings = await SettingsFile.open(folder)
  const window = { x: 1, y: 2, width: 800, height: 600, maximised: true }
  await Promise.all([settings.change({ backendUrl: 'http://a' }), settings.change({ window })])
  expect((await SettingsFile.open(folder)).current).toEqual({
    backendUrl: 'http://a',
    window,
    exportFolder: '',
  })
  const overridden = await SettingsFile.open(folder, 'http://b:8080/')
  expect(overridden.current.backendUrl).toBe('http://b:8080')
  await overridden.change({ window: null })
  expect((await SettingsFile.open(folder)).current.backendUrl).toBe('http://a')
  await overridden.change({ backendUrl: 'http://c' })
  expect(overridden.current.backendUrl).toBe('http://c')
})

test('a damaged file counts as none; a change that cannot be stored does not count', async () => {
  const folder = new MemoryFolder()
  for (const content of ['{', '[]', '{"backendUrl": 3}', '']) {
    await folder.write('settings.json', Buffer.from(content))
    expect((await SettingsFile.open(folder)).current).toEqual({
      backendUrl: '',
      window: null,
      exportFolder: '',
    })
  }
  const settings = await SettingsFile.open(folder)
  folder.space = 3
  await expect(settings.change({ backendUrl: 'http://a' })).rejects.toThrow()
  expect(settings.current.backendUrl).toBe('')
})

test('an address is kept without slash, query and credentials', () => {
  expect(normaliseUrl('HTTPS://user:pass@Store.example:443/base/?q#h')).toBe('https://store.example/base')
})

test('secrets are kept only where the OS protects them', async () => {
  const storage: SafeStorageLike = {
    isEncryptionAvailable: () => true,
    encryptString: (text) => Buffer.from(text),
    decryptString: (bytes) => bytes.toString(),
  }
  const on = (backend: ReturnType<NonNullable<SafeStorageLike['getSelectedStorageBackend']>>) => ({
    ...storage,
    getSelectedStorageBackend: () => backend,
  })
  expect(await openSecretBox(on('basic_text'), 'linux')).toBeNull()
  expect(await openSecretBox(storage, 'linux')).toBeNull()
  expect(await openSecretBox({ ...storage, isEncryptionAvailable: () => false }, 'win32')).toBeNull()
  expect(await openSecretBox({ ...storage, isAsyncEncryptionAvailable: async () => false }, 'win32')).not.toBeNull()
  const box = await openSecretBox(on('gnome_libsecret'), 'linux')
  expect(await box?.decrypt((await box?.encrypt('secret')) ?? new Uint8Array())).toBe('secret')
})

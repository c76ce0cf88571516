import { expect, test } from 'vitest'
import { type DesktopCall, type DesktopEvent, desktopCalls, desktopEvents } from '#shared/desktop-api.ts'
import { channelOf, checkSender, parseCall } from './desktop-call.ts'

test('only the main frame of the console may call', () => {
  expect(() => checkSender({ url: 'app://floorwalker/sessions', isMainFrame: true })).not.toThrow()
  expect(() => checkSender({ url: 'app://floorwalker/', isMainFrame: false })).toThrow()
  expect(() => checkSender({ url: 'https://evil.example/', isMainFrame: true })).toThrow()
  expect(() => checkSender({ url: 'app://floorwalker.evil/', isMainFrame: true })).toThrow()
  expect(() => checkSender({ url: '', isMainFrame: true })).toThrow()
})

test('arguments are what the contract says', () => {
  expect(parseCall('setBadge', { waiting: 3 })).toEqual({ waiting: 3 })
  expect(parseCall('setTheme', { scheme: 'dark', more: 1 })).toEqual({ scheme: 'dark' })
  for (const bad of [undefined, null, {}, { waiting: -1 }, { waiting: 1.5 }, { waiting: '3' }, { waiting: 1e9 }, []]) {
    expect(() => parseCall('setBadge', bad)).toThrow(/setBadge/)
  }
  expect(() => parseCall('setTheme', { scheme: 'pink' })).toThrow(/scheme/)
  const check = { storeId: 'berlin', sessionId: 's-1', verificationId: 'v-1' }
  const notification = { check, title: 'Spot check', body: '3 items' }
  expect(parseCall('showNotification', notification)).toEqual(notification)
  expect(parseCall('showNotification', { ...notification, check: null })).toEqual({ ...notification, check: null })
  expect(() => parseCall('showNotification', { ...notification, title: '' })).toThrow(/title/)
  expect(() => parseCall('showNotification', { ...notification, check: { ...check, sessionId: 7 } })).toThrow(
    /sessionId/,
  )
  expect(() => parseCall('closeNotification', { check: null })).toThrow(/check/)
  const pdf = { name: 'handover-Köln Süd-2026-11-25.pdf', title: 'Handover' }
  expect(parseCall('savePdf', pdf)).toEqual(pdf)
  for (const name of ['', 'a.exe', '.pdf', '../a.pdf', 'C:\\a.pdf', '/etc/a.pdf', `${'a'.repeat(200)}.pdf`]) {
    expect(() => parseCall('savePdf', { ...pdf, name }), name).toThrow(/name/)
  }
  expect(() => parseCall('savePdf', { ...pdf, title: '' })).toThrow(/title/)
})

test('the preload names the channels as the main side does', async () => {
  const { readFile } = await import('node:fs/promises')
  const preload = await readFile(new URL('./preload.ts', import.meta.url), 'utf8')
  const names = [...Object.keys(desktopCalls), ...Object.keys(desktopEvents)] as (DesktopCall | DesktopEvent)[]
  for (const name of names) expect(preload).toContain(`'${channelOf(name)}'`)
})

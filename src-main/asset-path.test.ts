import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mediaTypeOf, resolveAsset } from './asset-path.ts'

const folder = path.resolve('/srv/console')

test.each([
  ['/', 'page'],
  ['/sessions', 'page'],
  ['/sessions/berlin/abc.123', 'page'],
  ['/sessions/berlin/~002e~002e', 'page'],
  ['/index.html', 'file'],
  ['/assets/main-1a2b.js', 'file'],
  ['/assets/fonts/inter.woff2', 'file'],
  ['/..', 'refused'],
  ['/../etc/passwd', 'refused'],
  ['/assets/../../etc/passwd', 'refused'],
  ['/assets/%2e%2e/%2e%2e/etc/passwd', 'refused'],
  ['/assets/..%2f..%2fetc/passwd.txt', 'refused'],
  ['/assets/%252e%252e%252fetc', 'refused'],
  ['/assets/..\\..\\windows\\win.ini', 'refused'],
  ['/assets/..%5c..%5cwin.ini', 'refused'],
  ['/C:/windows/win.ini', 'refused'],
  ['/assets/main.js:stream', 'refused'],
  ['/assets/main.js%00.png', 'refused'],
  ['/%E0%A4%A', 'refused'],
  ['/.env', 'refused'],
  ['/assets/.git/config', 'refused'],
  ['/assets//etc/passwd', 'refused'],
  ['/assets/', 'refused'],
  ['relative.js', 'refused'],
])('%s is %s', (urlPath, kind) => {
  expect(resolveAsset(folder, urlPath).kind).toBe(kind)
})

test('whatever the path, a file is inside the folder', () => {
  const piece = fc.constantFrom(
    '..',
    '.',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '\\',
    '/',
    '%00',
    '%25',
    'assets',
    'a.js',
    'C:',
    '~',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
        fc.string(),
      ),
      (urlPath) => {
        const asset = resolveAsset(folder, urlPath)
        if (asset.kind === 'file') expect(path.resolve(asset.file).startsWith(folder + path.sep)).toBe(true)
      },
    ),
    { numRuns: 5_000 },
  )
})

test('knows the media types of a build', () => {
  expect(mediaTypeOf('/x/main.js')).toBe('text/javascript; charset=utf-8')
  expect(mediaTypeOf('/x/font.WOFF2')).toBe('font/woff2')
  expect(mediaTypeOf('/x/unknown')).toBe('application/octet-stream')
})

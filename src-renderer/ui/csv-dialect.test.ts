import { expect, it } from 'vitest'
import { csvDialectOf } from './csv-dialect.ts'

it.each([
  ['en-US', ',', '.'],
  ['en', ',', '.'],
  ['de', ';', ','],
  ['de-AT', ';', ','],
  ['de-CH', ';', '.'],
  ['fr-FR', ';', ','],
  ['pt-PT', ';', ','],
  ['ja-JP', ',', '.'],
])('%s: cells parted by %s, decimals by %s', (locale, separator, decimal) =>
  expect(csvDialectOf(locale)).toEqual({ separator, decimal }),
)

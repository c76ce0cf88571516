import Papa from 'papaparse'
import { expect, test } from 'vitest'
import { type CsvValue, tableCsv } from './table-csv.ts'

const titles = ['Product', 'Pieces', 'Share']
const rows: CsvValue[][] = [
  ['Milk; 1 l, "fresh"', 1_200, 0.25],
  ['line\nbreak', 0, null],
]

test.each([
  { separator: ',', decimal: '.' },
  { separator: ';', decimal: ',' },
  { separator: ',', decimal: ',' },
] as const)('is read back as it was, with $separator and $decimal', (dialect) => {
  const { text } = tableCsv('a.csv', titles, rows, dialect)
  expect(text.startsWith('\ufeff')).toBe(true)
  const { data } = Papa.parse<string[]>(text.slice(1), { delimiter: dialect.separator, skipEmptyLines: true })
  const number = (value: CsvValue) => (value === null ? '' : String(value).replace('.', dialect.decimal))
  expect(data).toEqual([
    titles,
    ...rows.map(([name, pieces, share]) => [name, number(pieces ?? null), number(share ?? null)]),
  ])
})

test('a name from a shopper’s device is no formula, and a negative number stays one', () => {
  const { text } = tableCsv('a.csv', ['n', 'v'], [['=cmd|calc', -5]], { separator: ',', decimal: '.' })
  expect(text).toContain(`"'=cmd|calc",-5`)
})

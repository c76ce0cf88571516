import { unzipSync } from 'fflate'
import readWorkbook from 'read-excel-file/node'
import { expect, it } from 'vitest'
import { ByteWriter } from './byte-writer.ts'
import type { TableSlice } from './table-slice.ts'
import { XlsxFormat } from './xlsx-format.ts'

const encoder = new TextEncoder()
const slice = (texts: readonly string[]): TableSlice => {
  const encoded = texts.map((text) => encoder.encode(text))
  const to = Int32Array.from(encoded, (bytes) => bytes.length)
  for (let row = 1; row < to.length; row += 1) to[row] = (to[row] as number) + (to[row - 1] as number)
  const from = Int32Array.from(to, (end, row) => end - (encoded[row]?.length ?? 0))
  return { rows: texts.length, columns: [{ kind: 'text', bytes: new Uint8Array(Buffer.concat(encoded)), from, to }] }
}
const head = (title: string) => ({ title, columns: [{ field: 'x', title: 'X & Y', kind: 'text' as const, width: 12 }] })

it('goes on on another sheet where one is full, each with its header, filter and frozen row', async () => {
  const output = new ByteWriter()
  const format = new XlsxFormat(output, 'store', 4)
  format.beginTable(head('Sessions'))
  format.write(slice(['a', 'b']))
  format.write(slice(['c', 'd', 'e', 'f', 'g']))
  format.endTable()
  format.beginTable(head('Line items'))
  format.endTable()
  format.end()
  const file = Buffer.from(output.take())
  const sheets = await readWorkbook(file)
  expect(sheets.map(({ sheet, data }) => [sheet, data.map(([cell]) => cell)])).toEqual([
    ['Sessions', ['X & Y', 'a', 'b', 'c']],
    ['Sessions (2)', ['X & Y', 'd', 'e', 'f']],
    ['Sessions (3)', ['X & Y', 'g']],
    ['Line items', ['X & Y']],
  ])
  const parts = unzipSync(file)
  const xml = new TextDecoder().decode(parts['xl/worksheets/sheet2.xml'])
  expect(xml).toContain('state="frozen"')
  expect(xml).toContain('<autoFilter ref="A1:A4"/>')
})

it('cuts a text that no cell can hold, and says so', async () => {
  const output = new ByteWriter()
  const format = new XlsxFormat(output, 'store')
  format.beginTable(head('Events'))
  format.write(slice(['x'.repeat(32_767), 'y'.repeat(32_768), `<${'z'.repeat(40_000)}`]))
  format.endTable()
  format.end()
  const [sheet] = await readWorkbook(Buffer.from(output.take()))
  expect(sheet?.data.slice(1).map(([cell]) => String(cell).slice(-2))).toEqual(['xx', 'y…', 'z…'])
  expect(sheet?.data.slice(1).map(([cell]) => String(cell).length)).toEqual([32_767, 32_767, 32_767])
})

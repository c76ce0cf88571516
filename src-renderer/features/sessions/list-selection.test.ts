import { expect, it } from 'vitest'
import { noFilter } from '../../data/data-api.ts'
import { keyOf } from './held-rows.ts'
import { add, isEmpty, isSelected, MAX_SELECTED, nothingSelected, targetOf, toggle } from './list-selection.ts'

const session = (id: string, storeId = 'berlin') => ({ storeId, id })
const query = { ...noFilter, sort: 'total', descending: true, nowMs: 0 } as const

it('tells sessions of the same id in two stores apart', () => {
  const selection = toggle(nothingSelected, session('1'))
  expect(isSelected(selection, keyOf(session('1')))).toBe(true)
  expect(isSelected(selection, keyOf(session('1', 'lisboa')))).toBe(false)
  expect(isEmpty(toggle(selection, session('1')))).toBe(true)
})

it('is about all under the filter where nothing is selected, or all is', () => {
  expect(targetOf(nothingSelected, query, 1_000_000)).toEqual({ query, only: null, count: 1_000_000 })
  expect(targetOf({ all: true }, query, 1_000_000)).toEqual({ query, only: null, count: 1_000_000 })
  const two = add(nothingSelected, [session('1'), session('2'), session('1')])
  expect(targetOf(two, query, 1_000_000)).toEqual({ query, only: [session('1'), session('2')], count: 2 })
})

it('starts anew where one of all is chosen, and takes no more than it can hold', () => {
  expect(toggle({ all: true }, session('7'))).toEqual(toggle(nothingSelected, session('7')))
  const many = Array.from({ length: MAX_SELECTED + 5 }, (_, index) => session(String(index)))
  expect(targetOf(add(nothingSelected, many), query, 0).count).toBe(MAX_SELECTED)
})

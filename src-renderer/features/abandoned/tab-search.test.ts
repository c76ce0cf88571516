import { expect, test } from 'vitest'
import { chosenSpan, searchOfTab, spanOfTab } from './tab-search.ts'

test('a tab opens with its own filters, in the period that was chosen last', () => {
  expect(searchOfTab('/abandoned', { shift: ['Late'], left: 'today' }, '30d')).toEqual({ shift: ['Late'], left: '30d' })
  expect(searchOfTab('/never-served', {}, '30d')).toEqual({ period: '30d' })
  // The usual one stands in no URL.
  expect(searchOfTab('/put-back', { left: '30d' }, '7d')).toEqual({ left: undefined })
  expect(searchOfTab('/not-exited', {}, 'today')).toEqual({ period: undefined })
})

test('a period that a tab does not know leaves it as it was', () => {
  expect(searchOfTab('/not-exited', { period: '24h' }, '30d')).toEqual({ period: '24h' })
  expect(searchOfTab('/problem-products', { sort: 'name' }, 'all')).toEqual({ sort: 'name' })
  expect(searchOfTab('/abandoned', { text: 'milk' }, null)).toEqual({ text: 'milk' })
})

test('the period of a tab is its usual one where the URL names none that it knows', () => {
  expect(spanOfTab('/abandoned', {})).toBe('7d')
  expect(spanOfTab('/not-exited', { period: '30d' })).toBe('today')
  expect(spanOfTab('/never-served', { period: '30d', left: 'all' })).toBe('30d')
})

test('a period is chosen where the URL names it, or by going back to the usual one on the same tab', () => {
  expect(chosenSpan('/abandoned', { left: '30d' }, null)).toBe('30d')
  expect(chosenSpan('/abandoned', {}, { path: '/abandoned', search: { left: '30d' } })).toBe('7d')
  expect(chosenSpan('/abandoned', {}, { path: '/abandoned', search: {} })).toBeNull()
})

test('a tab that does not know the period chosen before does not choose its usual one', () => {
  // As the router has it on the way: first the new path with the old search, then the new search.
  const way = { path: '/not-exited', search: { period: '30d' } }
  expect(chosenSpan('/not-exited', way.search, { path: '/never-served', search: { period: '30d' } })).toBeNull()
  expect(chosenSpan('/not-exited', {}, way)).toBeNull()
  expect(chosenSpan('/not-exited', { left: '30d' }, { path: '/abandoned', search: { left: '30d' } })).toBeNull()
})

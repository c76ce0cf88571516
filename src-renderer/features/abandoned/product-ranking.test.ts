import { expect, test } from 'vitest'
import type { ProductTrouble } from '../../data/abandoned-api.ts'
import { findProducts, hasShares, productCsvRow, productCsvTitles, rankProducts, shareOf } from './product-ranking.ts'

const product = (sku: string, change: Partial<ProductTrouble> = {}): ProductTrouble => ({
  sku,
  name: `Product ${sku}`,
  department: null,
  baskets: 100,
  abandonedBaskets: 0,
  abandonedPieces: 0,
  abandonedValue: 0,
  currency: 'EUR',
  missedInChecks: 0,
  removedFrom: 0,
  ...change,
})
const order = (...args: Parameters<typeof rankProducts>) => rankProducts(...args).map(({ sku }) => sku)

test('by count the most come first; by share one of one is no certainty', () => {
  const products = [
    product('once', { baskets: 1, abandonedBaskets: 1 }),
    product('often', { baskets: 60, abandonedBaskets: 50 }),
    product('many', { baskets: 5_000, abandonedBaskets: 90 }),
    product('never'),
  ]
  expect(order(products, 'abandonedBaskets', 'count')).toEqual(['many', 'often', 'once', 'never'])
  expect(order(products, 'abandonedBaskets', 'share')).toEqual(['often', 'once', 'many', 'never'])
})

test('text goes up, no department comes last, what is equal goes by name', () => {
  const products = [product('b'), product('a', { department: 'Dairy' }), product('c', { department: 'Bakery' })]
  expect(order(products, 'department', 'count')).toEqual(['c', 'a', 'b'])
  expect(order(products, 'name', 'count')).toEqual(['a', 'b', 'c'])
  expect(order(products, 'removedFrom', 'count')).toEqual(['a', 'b', 'c'])
})

test('a share is of the baskets that had it, and never more than all of them', () => {
  expect(shareOf(product('a', { baskets: 40, removedFrom: 10 }), 'removedFrom')).toBe(0.25)
  expect(shareOf(product('a', { baskets: 0 }), 'removedFrom')).toBeNull()
  // Found missing in a basket that does not have it.
  expect(shareOf(product('a', { baskets: 1, missedInChecks: 3 }), 'missedInChecks')).toBe(1)
})

test('is found by name, number and department', () => {
  const products = [product('4003'), product('7', { name: 'Oat milk' }), product('8', { department: 'Dairy' })]
  expect(findProducts(products, ' oat').map(({ sku }) => sku)).toEqual(['7'])
  expect(findProducts(products, '400').map(({ sku }) => sku)).toEqual(['4003'])
  expect(findProducts(products, 'dairy').map(({ sku }) => sku)).toEqual(['8'])
  expect(findProducts(products, ' ')).toHaveLength(3)
})

test('shares are no matter where most baskets are not counted: those left behind are the first to be here', () => {
  expect(hasShares({ counted: 203, sessions: 5_136 })).toBe(false)
  expect(hasShares({ counted: 95, sessions: 100 })).toBe(true)
  expect(hasShares({ counted: 0, sessions: 0 })).toBe(true)
  const row = productCsvRow(product('1', { abandonedBaskets: 93, missedInChecks: 1, removedFrom: 1 }), false)
  expect(productCsvTitles.flatMap((title, index) => (title === 'Share of baskets' ? [row[index]] : []))).toEqual([
    null,
    null,
    null,
  ])
})

test('the file has the money in units of its currency', () => {
  const row = productCsvRow(
    product('1', { baskets: 3, abandonedBaskets: 1, abandonedValue: 199, currency: 'EUR' }),
    true,
  )
  expect(row).toHaveLength(productCsvTitles.length)
  expect(row.slice(3, 9)).toEqual([3, 1, 0.3333, 0, 1.99, 'EUR'])
  expect(productCsvRow(product('1', { abandonedValue: 199, currency: 'JPY' }), true)[7]).toBe(199)
})

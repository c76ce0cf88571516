/** Products that make trouble: their order in the table, and the table as a file. */
import { fromMinorUnits } from '#shared/money/minor-units.ts'
import { wilsonInterval } from '#shared/statistics/wilson.ts'
import type { ProblemProducts, ProductTrouble } from '../../data/abandoned-api.ts'
import type { CsvValue } from '../../ui/table-csv.ts'
import { type PeriodSearch, readPeriod } from './period.ts'

export const measures = ['abandonedBaskets', 'missedInChecks', 'removedFrom'] as const
export type Measure = (typeof measures)[number]

export const productSorts = ['name', 'department', 'baskets', 'abandonedValue', ...measures] as const
export type ProductSort = (typeof productSorts)[number]

/** Whether the three measures are ranked by how often, or by the share of the product's baskets. */
export type RankBy = 'count' | 'share'

export interface ProductSearch extends PeriodSearch {
  sort?: ProductSort
  by?: RankBy
}

/** Keeps what the page can follow. */
export function readProductSearch(search: Record<string, unknown>): ProductSearch {
  const sort = productSorts.find((each) => each === search.sort)
  return {
    ...readPeriod(search),
    ...(sort === undefined ? {} : { sort }),
    ...(search.by === 'share' ? { by: 'share' } : {}),
  }
}

/** Left baskets are the first whose details come to a PC: with many others missing, their share would be far too high. */
const COUNTED_FOR_SHARES = 0.95

/** Whether shares may be shown: details of nearly all sessions were counted, so that none is off by more than a twentieth. */
export const hasShares = ({ counted, sessions }: Pick<ProblemProducts, 'counted' | 'sessions'>): boolean =>
  counted >= sessions * COUNTED_FOR_SHARES

/** Share of the baskets that had it, 0 to 1; null where none had. */
export const shareOf = (product: ProductTrouble, measure: Measure): number | null =>
  product.baskets === 0 ? null : Math.min(1, product[measure] / product.baskets)

const isMeasure = (sort: ProductSort): sort is Measure => (measures as readonly string[]).includes(sort)

/**
 * By one column; text ascending, numbers the most first. A share counts as what it is at least (95 %), so that one basket of
 * one does not come before fifty of sixty.
 */
export function rankProducts(products: readonly ProductTrouble[], sort: ProductSort, by: RankBy): ProductTrouble[] {
  const byName = (a: ProductTrouble, b: ProductTrouble) =>
    a.name.localeCompare(b.name, 'en') || (a.sku < b.sku ? -1 : 1)
  if (sort === 'name') return [...products].sort(byName)
  if (sort === 'department') {
    const of = ({ department }: ProductTrouble) => department ?? '\uffff'
    return [...products].sort((a, b) => of(a).localeCompare(of(b), 'en') || byName(a, b))
  }
  const value = (product: ProductTrouble): number => {
    if (!isMeasure(sort) || by === 'count') return product[sort]
    return product.baskets === 0 ? -1 : wilsonInterval(Math.min(product[sort], product.baskets), product.baskets).low
  }
  const ranked = products.map((product) => ({ product, value: value(product) }))
  return ranked.sort((a, b) => b.value - a.value || byName(a.product, b.product)).map(({ product }) => product)
}

/** Those whose name, number or department has the text in it, in any case. */
export function findProducts(products: readonly ProductTrouble[], text: string): ProductTrouble[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return [...products]
  return products.filter(({ sku, name, department }) =>
    [sku, name, department ?? ''].some((each) => each.toLowerCase().includes(wanted)),
  )
}

export const productCsvTitles = [
  'SKU',
  'Product',
  'Department',
  'Baskets',
  'Abandoned baskets',
  'Share of baskets',
  'Abandoned pieces',
  'Abandoned value',
  'Currency',
  'Missed in checks',
  'Share of baskets',
  'Removed after scanning (baskets)',
  'Share of baskets',
]

/** One line of the file; money in major units, shares 0 to 1, empty where they may not be shown. */
export function productCsvRow(product: ProductTrouble, withShares: boolean): CsvValue[] {
  const share = (measure: Measure) => {
    const value = withShares ? shareOf(product, measure) : null
    return value === null ? null : Math.round(value * 10_000) / 10_000
  }
  return [
    product.sku,
    product.name,
    product.department,
    product.baskets,
    product.abandonedBaskets,
    share('abandonedBaskets'),
    product.abandonedPieces,
    fromMinorUnits(product.abandonedValue, product.currency),
    product.currency,
    product.missedInChecks,
    share('missedInChecks'),
    product.removedFrom,
    share('removedFrom'),
  ]
}

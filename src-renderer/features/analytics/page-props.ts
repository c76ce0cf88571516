import type { Charts } from './use-charts.ts'

/** What every page of charts is given. */
export interface PageProps {
  charts: Charts
  /** Stores and period in words, for pictures. */
  scopeWords: string
  /** Name of a file of a chart (its id), without the ending; absent on paper, where none is taken along. */
  fileNameOf?: (chart: string) => string
  /** What figures are compared with, such as `the 7 days before`; null leaves the comparison out. */
  before: string | null
  /** On a printed page: nothing to press, everything drawn, the main charts only. */
  onPaper?: boolean
}

/** Figures of a page in a row: each with its words, and how it stands to the period before. */

import { Link } from '@tanstack/react-router'
import { memo, type ReactNode } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import { fromMinorUnits } from '#shared/money/minor-units.ts'
import type { Compared } from '../../data/chart-api.ts'
import { changeWords, figureWords, type Unit } from './chart-words.ts'
import classes from './charts.module.css'
import type { ListTarget } from './drill-down.ts'

export interface FigureTile {
  label: string
  /** A figure with the one before, or words where it has none. */
  value: Compared | string
  unit?: Unit
  /** What more of it means, for the colour of the change. */
  more?: 'good' | 'bad'
  behind?: ListTarget | '/checks'
  /** Below the figure, where there is no comparison. */
  below?: ReactNode
}

interface FigureStripProps {
  tiles: readonly FigureTile[]
  /** What the comparison is with, such as `the 7 days before`; null leaves it out. */
  before: string | null
}

export const FigureStrip = memo(function FigureStrip({ tiles, before }: FigureStripProps) {
  return (
    <dl className={classes.figures} data-testid="figures">
      {tiles.map((tile) => (
        <div key={tile.label} className={classes.figure}>
          <dt title={tile.label}>{tile.label}</dt>
          <dd className={classes.figureValue}>
            <Value tile={tile} />
          </dd>
          {tile.below !== undefined && <dd className={classes.change}>{tile.below}</dd>}
          {before !== null && typeof tile.value !== 'string' && tile.unit !== undefined && (
            <Change value={tile.value} unit={tile.unit} more={tile.more} before={before} />
          )}
        </div>
      ))}
    </dl>
  )
})

function Value({ tile: { value, unit, behind } }: { tile: FigureTile }) {
  const words = typeof value === 'string' ? value : unit === undefined ? '' : tileWords(value.value, unit)
  if (behind === undefined) return words
  if (behind === '/checks') return <Link to="/checks">{words}</Link>
  return (
    <Link to="/sessions" search={behind}>
      {words}
    </Link>
  )
}

/** Of much money nobody reads the cents; tables and tooltips have them. */
const WHOLE_FROM = 10_000

function tileWords(value: number | null, unit: Unit): string {
  const words = figureWords(value, unit)
  if (value === null || unit.kind !== 'money' || fromMinorUnits(value, unit.currency) < WHOLE_FROM) return words
  return formatMoney(value, unit.currency).replace(/[.,]\d+$/, '')
}

interface ChangeProps {
  value: Compared
  unit: Unit
  more: FigureTile['more']
  before: string
}

function Change({ value, unit, more, before }: ChangeProps) {
  const change = changeWords(value, unit)
  if (change === null) return <dd className={classes.change}>nothing to compare with</dd>
  const isGood = more !== undefined && change.sign > 0 === (more === 'good')
  const tone = more === undefined || change.sign === 0 ? undefined : isGood ? 'ok' : 'bad'
  const arrow = change.sign === 0 ? '' : change.sign > 0 ? '▲ ' : '▼ '
  return (
    <dd className={classes.change} data-tone={tone} title={`${figureWords(value.before, unit)} in ${before}`}>
      <b>
        {arrow}
        {change.words}
      </b>
      <span className={classes.spoken}> than in {before}</span>
    </dd>
  )
}

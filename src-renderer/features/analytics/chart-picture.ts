/** A chart as a picture: its SVG with the colours of the screen, and a legend of all that is drawn in it. */
import type { ChartModel } from './chart-model.ts'
import { type LegendEntry, type Picture, svgElement, swatch, themeColor } from './picture-frame.ts'

const COPIED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'opacity',
  'font-size',
  'font-family',
  'font-weight',
  'paint-order',
] as const

/**
 * @param subtitle stores and period
 * @param name of the file, without its ending
 */
export function chartPicture(drawing: SVGSVGElement, model: ChartModel, subtitle: string, name: string): Picture {
  const copy = drawing.cloneNode(true) as SVGSVGElement
  const [from, to] = [[...drawing.querySelectorAll('*')], [...copy.querySelectorAll('*')]]
  // A picture has no style sheets: what they say goes into each element.
  for (const [at, element] of from.entries()) {
    const style = getComputedStyle(element)
    for (const name of COPIED) to[at]?.setAttribute(name, style.getPropertyValue(name))
  }
  const { width, height } = drawing.getBoundingClientRect()
  return { title: model.title, subtitle, legend: legendOf(copy, model), body: copy, width, height, name }
}

/** Series where there are several, and what else is to be told apart. @param drawn with all its styles */
function legendOf(drawn: SVGSVGElement, model: ChartModel): LegendEntry[] {
  const series = model.series.length > 1 ? model.series : []
  const entries = series.map(({ id, name, mark }): LegendEntry => {
    const paths = [...drawn.querySelectorAll<SVGElement>(`[data-series="${CSS.escape(id)}"] > path`)]
    if (mark === 'line') {
      const marks = paths.slice(-1).map((path) => likeLine(path))
      return { words: name, marks }
    }
    const fills = paths.map((path) => path.getAttribute('fill') ?? 'none').filter((fill) => fill !== 'none')
    return { words: name, marks: fills.map((fill) => swatch(fill)) }
  })
  if (model.rows.some(({ isPartial }) => isPartial)) {
    const grey = swatch(themeColor('track'))
    grey.setAttribute('fill-opacity', '0.45')
    entries.push({ words: 'so far', marks: [grey] })
  }
  const gap = [...drawn.querySelectorAll<SVGElement>('[data-testid="contact-gap"] > rect')]
  if (gap.length > 0) entries.push({ words: 'no contact: what happened is missing', marks: gap.map(likeSwatch) })
  return entries
}

/** A swatch with the look of a rectangle. */
function likeSwatch(drawn: SVGElement): SVGElement {
  const made = swatch(drawn.getAttribute('fill') ?? 'none')
  made.setAttribute('fill-opacity', drawn.getAttribute('fill-opacity') ?? '1')
  return made
}

function likeLine(drawn: SVGElement): SVGElement {
  const look = ['stroke', 'stroke-width', 'stroke-dasharray'].map((name) => [name, drawn.getAttribute(name) ?? ''])
  return svgElement('path', { d: 'M0 5H22', fill: 'none', ...Object.fromEntries(look) })
}

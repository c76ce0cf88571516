/** The heat map as a picture: its table drawn anew as SVG with the colours of the screen, and the scale as legend. */
import { type LegendEntry, type Picture, svgElement, svgText, swatch, themeColor } from './picture-frame.ts'

const SCALE_WIDTH = 120
const HATCH = 'heat-missing'
const GRADIENT = 'heat-scale'

interface Said {
  title: string
  /** Stores and period. */
  subtitle: string
  /** The ends of the scale in words. */
  lowest: string
  highest: string
  /** What hatched cells are; null where there are none. */
  hatched: string | null
  /** Of the file, without its ending. */
  name: string
}

/** @param table with a `data-cell` for each cell, of which `data-missing` is hatched */
export function heatPicture(table: HTMLTableElement, { lowest, highest, hatched, ...said }: Said): Picture {
  const box = table.getBoundingClientRect()
  const body = svgElement('svg', { width: box.width, height: box.height })
  body.append(definitions(table))
  for (const head of table.querySelectorAll<HTMLTableCellElement>('th')) {
    const words = head.querySelector('span') === null ? (head.textContent ?? '') : ''
    body.append(writing(head, words, box, head.scope === 'row' ? 'start' : 'middle'))
  }
  for (const cell of table.querySelectorAll<HTMLElement>('[data-cell]')) {
    const { x, y, width, height } = cell.getBoundingClientRect()
    const place = { x: x - box.x, y: y - box.y, width, height, rx: 4 }
    const isUnknown = cell.dataset.unknown !== undefined
    body.append(
      isUnknown
        ? svgElement('rect', { ...place, fill: 'none', stroke: themeColor('line') })
        : svgElement('rect', { ...place, fill: getComputedStyle(cell).backgroundColor }),
    )
    if (cell.dataset.missing !== undefined) body.append(svgElement('rect', { ...place, fill: `url(#${HATCH})` }))
    if (!isUnknown) body.append(writing(cell, figureIn(cell), box, 'middle'))
  }
  const scale: LegendEntry = { marks: [swatch(`url(#${GRADIENT})`, SCALE_WIDTH)], width: SCALE_WIDTH, words: '' }
  const missing = hatched === null ? [] : [{ marks: [swatch(`url(#${HATCH})`)], words: hatched }]
  const legend = [{ ...scale, words: `${lowest} to ${highest}` }, ...missing]
  return { ...said, legend, body, width: box.width, height: box.height }
}

/** What is written in a cell for the eye. */
const figureIn = (cell: HTMLElement): string =>
  cell.querySelector('[aria-hidden]')?.textContent ?? (cell.childElementCount === 0 ? (cell.textContent ?? '') : '')

function writing(element: HTMLElement, words: string, table: DOMRect, anchor: 'start' | 'middle'): SVGElement {
  const { x, y, width, height } = element.getBoundingClientRect()
  const style = getComputedStyle(element)
  return svgText(words, {
    x: x - table.x + (anchor === 'start' ? 0 : width / 2),
    y: y - table.y + height / 2,
    dy: '0.36em',
    'text-anchor': anchor,
    'font-size': style.fontSize,
    'font-weight': style.fontWeight,
    fill: style.color,
  })
}

/** The hatching of cells without contact, and the scale from nothing to the hottest cell. */
function definitions(table: HTMLTableElement): SVGElement {
  const heatOf = (cell: HTMLElement) => Number(cell.style.getPropertyValue('--heat'))
  const [hottest] = [...table.querySelectorAll<HTMLElement>('[data-cell]:not([data-unknown])')].sort(
    (a, b) => heatOf(b) - heatOf(a),
  )
  const cold = themeColor('heat-cold')
  const hot = hottest === undefined || heatOf(hottest) === 0 ? cold : getComputedStyle(hottest).backgroundColor
  const gradient = svgElement('linearGradient', { id: GRADIENT })
  gradient.append(
    svgElement('stop', { offset: 0, 'stop-color': cold }),
    svgElement('stop', { offset: 1, 'stop-color': hot }),
  )
  const pattern = svgElement('pattern', { id: HATCH, width: 8, height: 8, patternUnits: 'userSpaceOnUse' })
  const line = { d: 'M0 8L8 0M-1 1L1 -1M7 9L9 7', stroke: themeColor('warn-mark'), 'stroke-opacity': 0.55 }
  pattern.append(svgElement('path', { ...line, fill: 'none', 'stroke-width': 1.2 }))
  const all = svgElement('defs')
  all.append(gradient, pattern)
  return all
}

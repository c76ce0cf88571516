/** A picture to take along, as PNG on the clipboard: a drawing with its title, of what it is, and its legend above. */
import { saveBlob } from '../../ui/save-file.ts'

const SCALE = 2
const PADDING = 14
const TITLE = { size: 13, line: 19 }
const SMALL = { size: 11, line: 16 }
const SWATCH = { width: 22, height: 10 }
const SVG = 'http://www.w3.org/2000/svg'

/** Where the picture went. */
export type PictureOutcome = 'copied' | 'saved'

/** An entry of a legend: marks within `SWATCH` pixels, drawn on each other, and what they stand for. */
export interface LegendEntry {
  marks: SVGElement[]
  words: string
  /** Pixels, where marks are wider than a swatch. */
  width?: number
}

export interface Picture {
  title: string
  /** Stores and period. */
  subtitle: string
  legend: LegendEntry[]
  body: SVGElement
  /** Of the body, pixels. */
  width: number
  height: number
  /** The file's, without its ending, where the clipboard may not be written. */
  name: string
}

/**
 * Copies a picture; where this console may not write to the clipboard, it is saved as a file.
 *
 * @throws where the drawing cannot become a picture
 */
export async function copyPicture(picture: Picture): Promise<PictureOutcome> {
  const { markup, width, height } = markupOf(picture)
  const png = await rasterize(markup, width, height)
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })])
    return 'copied'
  } catch {
    saveBlob(`${picture.name}.png`, png)
    return 'saved'
  }
}

/** A colour of the theme as of now; `--fw-…`. */
export const themeColor = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--fw-${token}`).trim()

/** An element of SVG. */
export function svgElement(name: string, attributes: Record<string, string | number> = {}): SVGElement {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  return made
}

/** A text of SVG, in the screen's font. */
export function svgText(content: string, attributes: Record<string, string | number>): SVGElement {
  const made = svgElement('text', { 'font-family': font(), ...attributes })
  made.textContent = content
  return made
}

/** A swatch's whole room, filled. */
export const swatch = (fill: string, width = SWATCH.width): SVGElement =>
  svgElement('rect', { width, height: SWATCH.height, rx: 2, fill })

const font = (): string => getComputedStyle(document.body).fontFamily

function markupOf({ title, subtitle, legend, body, width: bodyWidth, height: bodyHeight }: Picture) {
  const width = Math.ceil(bodyWidth) + 2 * PADDING
  const svg = svgElement('g')
  let y = PADDING
  const write = (text: string, { size, line }: typeof TITLE, weight: number, color: string) => {
    for (const part of linesOf(text, bodyWidth, `${weight} ${size}px ${font()}`)) {
      svg.append(svgText(part, { x: PADDING, y: y + size, 'font-size': size, 'font-weight': weight, fill: color }))
      y += line
    }
  }
  write(title, TITLE, 650, themeColor('text'))
  write(subtitle, SMALL, 400, themeColor('soft'))
  y = drawLegend(svg, legend, bodyWidth, y + 2)
  body.setAttribute('x', String(PADDING))
  body.setAttribute('y', String(y))
  svg.append(body)
  const height = Math.ceil(y + bodyHeight) + PADDING
  const root = svgElement('svg', {
    width: width * SCALE,
    height: height * SCALE,
    viewBox: `0 0 ${width} ${height}`,
  })
  root.append(svgElement('rect', { width, height, fill: themeColor('surface') }), svg)
  return { markup: new XMLSerializer().serializeToString(root), width: width * SCALE, height: height * SCALE }
}

/** Draws entries in lines no longer than the room. @returns where the next thing goes */
function drawLegend(svg: SVGElement, legend: readonly LegendEntry[], room: number, top: number): number {
  if (legend.length === 0) return top
  const lineHeight = SMALL.line + 2
  let [x, y] = [PADDING, top]
  for (const { marks, words, width = SWATCH.width } of legend) {
    const needed = width + 5 + measured(words, `${SMALL.size}px ${font()}`)
    if (x > PADDING && x + needed > PADDING + room) {
      x = PADDING
      y += lineHeight
    }
    const entry = svgElement('g', { transform: `translate(${x} ${y + 2})` })
    entry.append(...marks, svgText(words, { x: width + 5, y: 9, 'font-size': SMALL.size, fill: themeColor('soft') }))
    svg.append(entry)
    x += needed + 16
  }
  return y + lineHeight + 2
}

let ruler: CanvasRenderingContext2D | null = null

/** Width of a text in pixels. */
function measured(text: string, cssFont: string): number {
  ruler ??= document.createElement('canvas').getContext('2d')
  if (ruler === null) return 0
  ruler.font = cssFont
  return ruler.measureText(text).width
}

/** A text in lines that fit, broken between words. */
function linesOf(text: string, room: number, cssFont: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    const longer = last === undefined ? word : `${last} ${word}`
    if (last === undefined || measured(longer, cssFont) > room) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines
}

async function rasterize(markup: string, width: number, height: number): Promise<Blob> {
  const image = new Image(width, height)
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.drawImage(image, 0, 0)
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (png === null) throw new Error('The picture could not be drawn.')
  return png
}

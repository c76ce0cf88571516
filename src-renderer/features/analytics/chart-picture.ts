/** A chart as a picture: its SVG with the colours of the screen, title and legend above, as PNG on the clipboard. */
import { saveBlob } from '../../ui/save-file.ts'
import { type ChartModel, isEmptyModel } from './chart-model.ts'

const SCALE = 2
const PADDING = 14
const TITLE_HEIGHT = 26
const LEGEND_HEIGHT = 20
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
] as const
const SVG = 'http://www.w3.org/2000/svg'

/** Where the picture went. */
export type PictureOutcome = 'copied' | 'saved'

/**
 * Copies the chart's drawing as PNG; where this console may not write to the clipboard, it is saved as a file.
 *
 * @throws where the drawing cannot become a picture
 */
export async function copyPicture(
  drawing: SVGSVGElement,
  model: ChartModel,
  subtitle: string,
): Promise<PictureOutcome> {
  const { markup, width, height } = pictureOf(drawing, model, subtitle)
  const png = await rasterize(markup, width, height)
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })])
    return 'copied'
  } catch {
    saveBlob(`floorwalker-${model.id}.png`, png)
    return 'saved'
  }
}

function pictureOf(drawing: SVGSVGElement, model: ChartModel, subtitle: string) {
  const copy = drawing.cloneNode(true) as SVGSVGElement
  const [from, to] = [[...drawing.querySelectorAll('*')], [...copy.querySelectorAll('*')]]
  // A picture has no style sheets: what they say goes into each element.
  for (const [at, element] of from.entries()) {
    const style = getComputedStyle(element)
    for (const name of COPIED) to[at]?.setAttribute(name, style.getPropertyValue(name))
  }
  const box = drawing.getBoundingClientRect()
  const root = getComputedStyle(document.documentElement)
  const color = (token: string) => root.getPropertyValue(`--fw-${token}`).trim()
  const font = getComputedStyle(drawing).fontFamily
  const legend = model.series.length > 1 ? LEGEND_HEIGHT : 0
  const width = Math.ceil(box.width) + 2 * PADDING
  const top = PADDING + TITLE_HEIGHT + legend
  const height = Math.ceil(box.height) + top + PADDING
  const svg = element('svg', {
    xmlns: SVG,
    width: width * SCALE,
    height: height * SCALE,
    viewBox: `0 0 ${width} ${height}`,
  })
  svg.append(element('rect', { width, height, fill: color('surface') }))
  svg.append(
    text(`${model.title} · ${subtitle}`, {
      x: PADDING,
      y: PADDING + 14,
      'font-size': 13,
      'font-weight': 650,
      fill: color('text'),
      'font-family': font,
    }),
  )
  let x = PADDING
  for (const series of legend > 0 ? model.series : []) {
    svg.append(
      element('rect', {
        x,
        y: PADDING + TITLE_HEIGHT,
        width: 10,
        height: 10,
        rx: 2,
        fill: color(`chart-${series.color}`),
      }),
    )
    svg.append(
      text(series.name, {
        x: x + 15,
        y: PADDING + TITLE_HEIGHT + 9,
        'font-size': 11,
        fill: color('soft'),
        'font-family': font,
      }),
    )
    x += 32 + series.name.length * 6.4
  }
  copy.setAttribute('x', String(PADDING))
  copy.setAttribute('y', String(top))
  svg.append(copy)
  return { markup: new XMLSerializer().serializeToString(svg), width: width * SCALE, height: height * SCALE }
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) if (key !== 'xmlns') made.setAttribute(key, String(value))
  return made
}

function text(content: string, attributes: Record<string, string | number>): SVGElement {
  const made = element('text', attributes)
  made.textContent = content
  return made
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

/** What a picture needs: something drawn. */
export const hasPicture = (model: ChartModel): boolean => !isEmptyModel(model)

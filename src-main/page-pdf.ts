/** The console's page as a PDF: what its print styles make of it, on A4, written as exports are. */
import type { WebContents } from 'electron'
import type { PdfOutcome } from '#shared/desktop-api.ts'
import { describeFailure } from './export-api.ts'
import type { ExportFiles } from './export-files.ts'

/** Inches. */
const MARGINS = { top: 0.55, bottom: 0.65, left: 0.55, right: 0.55 }

/**
 * Prints `page` and saves it where the person says. It is printed before they are asked: the page goes on meanwhile.
 * Never throws: a failure is an outcome with a message for the person.
 * @param name a suggestion without a folder
 * @param title in the foot of every sheet, beside its number
 */
export async function savePagePdf(
  page: Pick<WebContents, 'printToPDF'>,
  exports: ExportFiles,
  name: string,
  title: string,
): Promise<PdfOutcome> {
  try {
    const bytes = await page.printToPDF({
      pageSize: 'A4',
      margins: MARGINS,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate: footer(title),
      generateTaggedPDF: true,
    })
    const id = await exports.begin(name)
    if (id === null) return { state: 'cancelled' }
    await exports.write(id, bytes)
    return { state: 'saved', ...(await exports.finish(id)) }
  } catch (error) {
    console.error('PDF:', error)
    return { state: 'failed', message: `The PDF was not saved: ${describeFailure(error)}` }
  }
}

/** Chromium fills in the numbers by class, knows no style but the template's own, and enlarges it by a third. */
function footer(title: string): string {
  const style = 'display:flex;justify-content:space-between;width:100%;margin:0 0.41in;font:5.6pt sans-serif'
  const sheet = 'Page <span class="pageNumber"></span> of <span class="totalPages"></span>'
  return `<div style="${style}"><span>${escapeHtml(title)}</span><span>${sheet}</span></div>`
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

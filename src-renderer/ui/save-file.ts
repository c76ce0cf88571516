/** Hands a file to the person: a download in a browser, the system's save dialog in the desktop app. */
import type { ExportedFile } from '../data/data-api.ts'

/** Long enough for a download to take hold of the bytes. */
const KEPT_MS = 60_000

/** Starts saving; whether the person finished or cancelled the dialog is not told to a page. */
export function saveFile({ name, mediaType, text }: ExportedFile): void {
  saveBlob(name, new Blob([text], { type: mediaType }))
}

/** The same for bytes, which need not be in memory. */
export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}

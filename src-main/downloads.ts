/** Files that the console hands to the person (exports), and nothing else, leave through a download. */
import path from 'node:path'
import { dialog, type Session } from 'electron'
import { isAppBlob } from './app-router.ts'

/**
 * Lets the console save its own blobs where the person says in the system's dialog; every other download is denied.
 * @param folder where they go without a dialog; empty for the dialog
 */
export function handleDownloads(windowSession: Session, folder: string): void {
  windowSession.on('will-download', (event, item) => {
    if (!isAppBlob(item.getURL())) {
      event.preventDefault()
      return
    }
    // Chromium made it a plain name, whatever the page wrote.
    const name = item.getFilename()
    if (folder === '') item.setSaveDialogOptions({ title: 'Save', defaultPath: name })
    else item.setSavePath(path.join(folder, name))
    item.once('done', (_event, state) => {
      if (state !== 'interrupted') return
      const detail = `${item.getSavePath()}: the disk may be full, or the folder not writable.`
      console.error('download not saved:', detail)
      void dialog.showMessageBox({ type: 'error', title: 'Floorwalker', message: 'The file was not saved', detail })
    })
  })
}

/** The life of the desktop app: one instance, one window, the parts of the main process wired together. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {
  app,
  BrowserWindow,
  dialog,
  type NativeImage,
  nativeImage,
  nativeTheme,
  safeStorage,
  session,
  shell,
} from 'electron'
import { ApiProxy } from './api-proxy.ts'
import { backendFetch, registerAppScheme, serveApp } from './app-protocol.ts'
import { createAppRouter } from './app-router.ts'
import { BADGE_SIZE, badgeBitmap } from './badge-icon.ts'
import { readDemoCredentials } from './demo-credentials.ts'
import { handleDownloads } from './downloads.ts'
import { openDurableFolder } from './durable-folder.ts'
import { createExportApi, EXPORT_PATH, serveExportPort } from './export-api.ts'
import { ExportFiles } from './export-files.ts'
import { freeDiskBytes } from './free-disk.ts'
import { hardenSession, hardenWebContents } from './hardening.ts'
import { handleDesktopCalls, handleExportPorts, tellPage } from './ipc.ts'
import { Journal } from './journal.ts'
import { createLocalApi } from './local-api.ts'
import { CheckNotifications } from './notifications.ts'
import { savePagePdf } from './page-pdf.ts'
import { openSecretBox } from './secrets.ts'
import { normaliseUrl, SettingsFile } from './settings.ts'
import { SignInKeeper } from './sign-in-keeper.ts'
import { prepareUserData } from './user-data.ts'
import { focusWindow, openWindow, setMinimalMenu } from './window.ts'

let window: BrowserWindow | null = null

const userData = process.env.FLOORWALKER_USER_DATA
// Before the lock: one instance per user data folder.
if (userData) app.setPath('userData', path.resolve(userData))
registerAppScheme()
hardenWebContents()
// Started without a sandbox (as root, which Chromium's refuses), its helper processes would never come up with one.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()

const unusable = userDataProblem()
if (unusable !== null) {
  // A folder for this message alone: without one that it can write to, Chromium does not come up to show it.
  app.setPath('userData', mkdtempSync(path.join(os.tmpdir(), 'floorwalker-')))
  void app.whenReady().then(() => endWith(unusable))
} else if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    if (window !== null) focusWindow(window)
  })
  // Also on macOS: a console without its window watches nothing.
  app.on('window-all-closed', () => app.quit())
  app.whenReady().then(start).catch(endWith)
} else {
  console.error('Floorwalker is running already: its window comes to the front')
  app.quit()
}

function userDataProblem(): unknown {
  try {
    prepareUserData(app.getPath('userData'))
    return null
  } catch (error) {
    return error
  }
}

/** Ends an app that cannot start, after saying why. */
function endWith(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  // Also where nobody sees a window: the box waits for a click.
  console.error('Floorwalker cannot start:', message)
  dialog.showErrorBox('Floorwalker cannot start', message)
  app.exit(1)
}

async function start(): Promise<void> {
  const folder = await openDurableFolder(app.getPath('userData'))
  const [settings, signIn, demo] = await Promise.all([
    SettingsFile.open(folder, backendFromEnvironment()),
    openSecretBox(safeStorage, process.platform).then((box) => SignInKeeper.open(folder, box)),
    readDemoCredentials(process.env.FLOORWALKER_DEMO),
  ])
  const fetch = backendFetch()
  const backendUrl = () => settings.current.backendUrl
  const proxy = new ApiProxy({ fetch, backendUrl, signIn })
  const journal = journalProvider(path.join(app.getPath('userData'), 'journal'))
  // Read while the page loads; a failure is answered to the call that needs it.
  journal().catch(() => {})
  const local = createLocalApi({
    fetch,
    journal,
    info: () => ({
      appVersion: app.getVersion(),
      deviceName: os.hostname(),
      backendUrl: backendUrl(),
      canKeepSignIn: signIn.canKeep,
      hasSignIn: signIn.refreshToken(backendUrl()) !== null,
      demo,
    }),
    freeDiskBytes: () => freeDiskBytes(app.getPath('userData')),
    setBackendUrl: async (url) => {
      const before = backendUrl()
      if (url === before) return
      await settings.change({ backendUrl: url })
      await proxy.endSignIn(before)
    },
  })
  const exports = await ExportFiles.open({
    folder,
    mintId: () => randomUUID(),
    chooseTarget: (name) => chooseExportTarget(settings, name),
  })
  handleExportPorts((port) => serveExportPort(port, exports))
  const exportApi = createExportApi({ exports, showFile: (file) => shell.showItemInFolder(file) })
  const router = createAppRouter({
    assets: path.join(__dirname, '../renderer'),
    api: (request) => proxy.handle(request),
    local: (request) => (new URL(request.url).pathname.startsWith(EXPORT_PATH) ? exportApi(request) : local(request)),
  })
  hardenSession(session.defaultSession)
  handleDownloads(session.defaultSession, process.env.FLOORWALKER_DOWNLOADS ?? '')
  serveApp(session.defaultSession, router)
  const notifications = new CheckNotifications((check) => {
    if (window === null) return
    focusWindow(window)
    tellPage(window.webContents, 'notificationClicked', { check })
  })
  handleDesktopCalls({
    setBadge: async ({ waiting }) => {
      app.setBadgeCount(waiting)
      if (process.platform === 'win32') window?.setOverlayIcon(badgeIcon(waiting), `${waiting} waiting`)
      window?.setTitle(waiting > 0 ? `(${waiting}) Floorwalker` : 'Floorwalker')
    },
    setTheme: async ({ scheme }) => {
      nativeTheme.themeSource = scheme === 'auto' ? 'system' : scheme
    },
    showNotification: async (content) => notifications.show(content),
    closeNotification: async ({ check }) => notifications.close(check),
    flashWindow: async () => {
      if (window !== null && !window.isFocused()) window.flashFrame(true)
    },
    savePdf: ({ name, title }, page) => savePagePdf(page, exports, name, title),
  })
  let settled = false
  app.on('will-quit', (event) => {
    if (settled) return
    // The window's last place is written as it closes, a sign-out may have come just before, an export may be half done.
    event.preventDefault()
    void Promise.all([exports.abortAll(), settings.settled(), signIn.settled()]).finally(() => {
      settled = true
      // Within the first quit a second one is not heard.
      setImmediate(() => app.quit())
    })
  })
  setMinimalMenu()
  window = openWindow(settings, () => {
    proxy.endStream()
    exports.abortAll().catch((error) => console.error('unfinished export not removed:', error))
  })
  window.on('focus', () => window?.flashFrame(false))
  window.on('closed', () => {
    window = null
  })
}

/** Asks the person where an export goes, starting where the last one went; null where they chose nothing. */
async function chooseExportTarget(settings: SettingsFile, name: string): Promise<string | null> {
  const fixed = process.env.FLOORWALKER_DOWNLOADS
  if (fixed) return path.join(path.resolve(fixed), name)
  const options = { title: 'Export', defaultPath: path.join(settings.current.exportFolder, name) }
  const parent = BrowserWindow.getFocusedWindow() ?? window
  const { canceled, filePath } = await (parent === null
    ? dialog.showSaveDialog(options)
    : dialog.showSaveDialog(parent, options))
  if (canceled || !filePath) return null
  settings
    .change({ exportFolder: path.dirname(filePath) })
    .catch((error) => console.error('folder of exports not kept:', error))
  return filePath
}

/** Null takes it away. */
function badgeIcon(waiting: number): NativeImage | null {
  if (waiting === 0) return null
  const size = { width: BADGE_SIZE, height: BADGE_SIZE, scaleFactor: 2 }
  return nativeImage.createFromBitmap(Buffer.from(badgeBitmap(waiting)), size)
}

function backendFromEnvironment(): string | undefined {
  const url = process.env.FLOORWALKER_BACKEND
  if (!url) return undefined
  try {
    return normaliseUrl(url)
  } catch {
    throw new Error(`FLOORWALKER_BACKEND is not an address: ${url}`)
  }
}

/** Opens the journal once; a failed opening (a full disk) is tried again at the next call. */
function journalProvider(journalFolder: string): () => Promise<Journal> {
  let opening: Promise<Journal> | null = null
  const open = async () => {
    // Node's own: the global `crypto` of the random port is not there in the trial Electron's main process.
    const journal = await Journal.open({ folder: await openDurableFolder(journalFolder), mintId: () => randomUUID() })
    const { tornBytes, corruptLines, readOnly } = journal.report
    if (readOnly) {
      console.error('journal: written by a newer app, opened for reading only')
      return journal
    }
    if (tornBytes > 0) console.error(`journal: ${tornBytes} bytes of an unfinished append were set aside`)
    if (corruptLines > 0) console.error(`journal: ${corruptLines} damaged lines were set aside, new numbering started`)
    return journal
  }
  return () => {
    opening ??= open().catch((error) => {
      opening = null
      throw error
    })
    return opening
  }
}

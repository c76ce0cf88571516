/** The one window: secure preferences, kept place, minimal menu. */
import path from 'node:path'
import { app, BrowserWindow, Menu, type MenuItemConstructorOptions, nativeTheme, screen } from 'electron'
import { APP_ORIGIN } from './app-router.ts'
import type { SettingsFile } from './settings.ts'
import { MINIMUM_SIZE, placeWindow } from './window-state.ts'

const STATE_SAVE_DELAY_MS = 500

/** Opens the console. `onPageGone` runs whenever the page in it ends: closed, crashed or loaded anew. */
export function openWindow(settings: SettingsFile, onPageGone: () => void): BrowserWindow {
  const displays = screen.getAllDisplays()
  const primary = screen.getPrimaryDisplay()
  const workAreas = [primary, ...displays.filter((display) => display.id !== primary.id)].map(
    (display) => display.workArea,
  )
  const { maximised, ...bounds } = placeWindow(settings.current.window, workAreas)
  const window = new BrowserWindow({
    ...bounds,
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    show: false,
    title: 'Floorwalker',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1a1b1e' : '#ffffff',
    webPreferences: {
      preload: path.join(__dirname, '../preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !app.isPackaged,
      // The data worker's timers must not sleep while the window is behind another.
      backgroundThrottling: false,
    },
  })
  if (maximised) window.maximize()
  window.once('ready-to-show', () => window.show())
  keepState(window, settings)
  const { webContents } = window
  webContents.on('did-start-navigation', (details) => {
    if (details.isMainFrame && !details.isSameDocument) onPageGone()
  })
  webContents.on('render-process-gone', onPageGone)
  webContents.on('destroyed', onPageGone)
  void webContents.loadURL(`${APP_ORIGIN}/`)
  return window
}

/** Brings the window to the front: a second start of the app asks for it. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

function keepState(window: BrowserWindow, settings: SettingsFile): void {
  let timer: NodeJS.Timeout | undefined
  const save = () => {
    clearTimeout(timer)
    if (window.isDestroyed() || window.isMinimized()) return
    const state = { ...window.getNormalBounds(), maximised: window.isMaximized() }
    settings.change({ window: state }).catch((error) => console.error('window state not kept:', error))
  }
  const saveSoon = () => {
    clearTimeout(timer)
    timer = setTimeout(save, STATE_SAVE_DELAY_MS)
  }
  // Each by its name: the typed overloads of `on` take no union.
  window.on('resize', saveSoon)
  window.on('move', saveSoon)
  window.on('maximize', saveSoon)
  window.on('unmaximize', saveSoon)
  window.on('close', save)
}

/** Only what a text field, the zoom and a quit need. */
export function setMinimalMenu(): void {
  const view: MenuItemConstructorOptions[] = [
    { role: 'reload' },
    { type: 'separator' },
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ]
  if (!app.isPackaged) view.push({ type: 'separator' }, { role: 'toggleDevTools' })
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin'
      ? [{ role: 'appMenu' } as const]
      : [{ label: 'File', submenu: [{ role: 'quit' }] } satisfies MenuItemConstructorOptions]),
    { role: 'editMenu' },
    { label: 'View', submenu: view },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

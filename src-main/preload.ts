/** The page's side of the typed contract: `window.desktop` and nothing else. The only user of ipcRenderer. */
import { contextBridge, ipcRenderer } from 'electron'
import type { DesktopBridge } from '#shared/desktop-api.ts'

// Channel names as in desktop-call.ts; importing it would bring zod into every page start.
const bridge: DesktopBridge = {
  setBadge: (argument) => ipcRenderer.invoke('desktop:setBadge', argument),
  setTheme: (argument) => ipcRenderer.invoke('desktop:setTheme', argument),
}

contextBridge.exposeInMainWorld('desktop', bridge)

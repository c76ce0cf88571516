/** The page's side of the typed contract: `window.desktop` and nothing else. The only user of ipcRenderer. */
import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron'
import type { DesktopBridge, DesktopEventData } from '#shared/desktop-api.ts'

// Channel names as in desktop-call.ts; importing it would bring zod into every page start.
const bridge: DesktopBridge = {
  setBadge: (argument) => ipcRenderer.invoke('desktop:setBadge', argument),
  setTheme: (argument) => ipcRenderer.invoke('desktop:setTheme', argument),
  showNotification: (argument) => ipcRenderer.invoke('desktop:showNotification', argument),
  closeNotification: (argument) => ipcRenderer.invoke('desktop:closeNotification', argument),
  flashWindow: (argument) => ipcRenderer.invoke('desktop:flashWindow', argument),
  savePdf: (argument) => ipcRenderer.invoke('desktop:savePdf', argument),
  onNotificationClicked: (listener) => {
    // The page gets the data alone, never the event with its sender.
    const hear = (_event: IpcRendererEvent, data: DesktopEventData<'notificationClicked'>) => listener(data)
    ipcRenderer.on('desktop:notificationClicked', hear)
    return () => ipcRenderer.off('desktop:notificationClicked', hear)
  },
  connectExports: () => {
    const { port1, port2 } = new MessageChannel()
    ipcRenderer.postMessage('desktop:connectExports', null, [port1])
    // Ports cannot go through the bridge.
    window.postMessage('floorwalker:export-port', window.location.origin, [port2])
  },
}

contextBridge.exposeInMainWorld('desktop', bridge)

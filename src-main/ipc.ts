/** The main side of the typed contract `desktopCalls` and `desktopEvents`. The only user of ipcMain. */
import { ipcMain, type MessagePortMain, type WebContents } from 'electron'
import type { DesktopCall, DesktopEvent, DesktopEventData, DesktopHandlers } from '#shared/desktop-api.ts'
import { isAppUrl } from './app-router.ts'
import { channelOf, checkSender, parseCall } from './desktop-call.ts'

/** Answers every call of the contract with `handlers`, after checking who calls and with what. */
export function handleDesktopCalls(handlers: DesktopHandlers): void {
  for (const call of Object.keys(handlers) as DesktopCall[]) handle(call, handlers[call])
}

function handle<Call extends DesktopCall>(call: Call, handler: DesktopHandlers[Call]): void {
  ipcMain.handle(channelOf(call), async (event, argument: unknown) => {
    const frame = event.senderFrame
    checkSender({ url: frame?.url ?? '', isMainFrame: frame !== null && frame === event.sender.mainFrame })
    await (handler as (argument: unknown) => Promise<void>)(parseCall(call, argument))
  })
}

/** Hands on each port that the console's page opens for its exports. */
export function handleExportPorts(onPort: (port: MessagePortMain) => void): void {
  ipcMain.on('desktop:connectExports', (event) => {
    const frame = event.senderFrame
    checkSender({ url: frame?.url ?? '', isMainFrame: frame !== null && frame === event.sender.mainFrame })
    for (const port of event.ports) onPort(port)
  })
}

/** Tells the console's page something; a page that is not the console hears nothing. */
export function tellPage<Event extends DesktopEvent>(
  page: WebContents,
  event: Event,
  data: DesktopEventData<Event>,
): void {
  if (!page.isDestroyed() && isAppUrl(page.getURL())) page.send(channelOf(event), data)
}

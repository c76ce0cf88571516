/** The main side of the typed contract `desktopCalls` and `desktopEvents`. The only user of ipcMain. */
import { ipcMain, type MessagePortMain, type WebContents } from 'electron'
import type {
  DesktopAnswer,
  DesktopArgument,
  DesktopCall,
  DesktopEvent,
  DesktopEventData,
} from '#shared/desktop-api.ts'
import { isAppUrl } from './app-router.ts'
import { channelOf, checkSender, parseCall } from './desktop-call.ts'

/** What answers the calls; `page` is the one that calls. */
export type DesktopHandlers = {
  [Call in DesktopCall]: (argument: DesktopArgument<Call>, page: WebContents) => DesktopAnswer<Call>
}

/** Answers every call of the contract with `handlers`, after checking who calls and with what. */
export function handleDesktopCalls(handlers: DesktopHandlers): void {
  for (const call of Object.keys(handlers) as DesktopCall[]) handle(call, handlers[call])
}

function handle<Call extends DesktopCall>(call: Call, handler: DesktopHandlers[Call]): void {
  ipcMain.handle(channelOf(call), async (event, argument: unknown) => {
    const frame = event.senderFrame
    checkSender({ url: frame?.url ?? '', isMainFrame: frame !== null && frame === event.sender.mainFrame })
    return (handler as (argument: unknown, page: WebContents) => Promise<unknown>)(
      parseCall(call, argument),
      event.sender,
    )
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

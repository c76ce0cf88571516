/** The main side of the typed contract `desktopCalls`. The only user of ipcMain. */
import { ipcMain } from 'electron'
import type { DesktopBridge, DesktopCall } from '#shared/desktop-api.ts'
import { channelOf, checkSender, parseCall } from './desktop-call.ts'

/** Answers every call of the contract with `handlers`, after checking who calls and with what. */
export function handleDesktopCalls(handlers: DesktopBridge): void {
  for (const call of Object.keys(handlers) as DesktopCall[]) handle(call, handlers[call])
}

function handle<Call extends DesktopCall>(call: Call, handler: DesktopBridge[Call]): void {
  ipcMain.handle(channelOf(call), async (event, argument: unknown) => {
    const frame = event.senderFrame
    checkSender({ url: frame?.url ?? '', isMainFrame: frame !== null && frame === event.sender.mainFrame })
    await (handler as (argument: unknown) => Promise<void>)(parseCall(call, argument))
  })
}

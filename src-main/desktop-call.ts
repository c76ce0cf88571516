/** Checks of a call through the preload bridge; no Electron in here. */
import { type DesktopCall, type DesktopEvent, desktopCalls } from '#shared/desktop-api.ts'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { isAppUrl } from './app-router.ts'

/** Channel of a call or an event between preload and main. */
export const channelOf = (name: DesktopCall | DesktopEvent): string => `desktop:${name}`

/** Who sent a call. */
export interface Sender {
  /** URL of the frame; empty when the frame is gone. */
  url: string
  isMainFrame: boolean
}

/** @throws where the sender is not the console's own main frame */
export function checkSender(sender: Sender): void {
  if (!sender.isMainFrame || !isAppUrl(sender.url)) throw new Error('This page may not call the desktop')
}

/**
 * The argument of a call, validated at run time: types do not cross a process boundary.
 * @throws where it is not what the contract says
 */
export function parseCall<Call extends DesktopCall>(
  call: Call,
  argument: unknown,
): ReturnType<(typeof desktopCalls)[Call]['parse']> {
  const parsed = desktopCalls[call].safeParse(argument)
  if (!parsed.success) {
    const { field, message } = describeIssue(parsed.error)
    throw new Error(`${call}: ${field} ${message}`)
  }
  return parsed.data as ReturnType<(typeof desktopCalls)[Call]['parse']>
}

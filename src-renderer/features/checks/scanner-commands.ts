/** Commands that a scanner can give: codes of a printed sheet, for a rescan without a hand on the keyboard. */
import { runCommand } from '../../ui/shortcuts.ts'

/** By code: the command it runs where the screen has it, and what it is called on the sheet. */
export const scannerCommands = [
  { code: 'FW-NEXT', command: 'checks.longest-wait', text: 'Open the longest wait' },
  { code: 'FW-TAKE', command: 'check.take', text: 'Take it' },
  { code: 'FW-PARTIAL', command: 'check.method.partial_rescan', text: 'Partial rescan' },
  { code: 'FW-FULL', command: 'check.method.full_rescan', text: 'Full rescan' },
  { code: 'FW-UNDO', command: 'check.undo', text: 'Undo the last scan' },
  { code: 'FW-APPROVE', command: 'check.approve', text: 'Approve' },
  { code: 'FW-REJECT', command: 'check.reject', text: 'Reject' },
  { code: 'FW-CONFIRM', command: 'check.confirm', text: 'Confirm' },
  { code: 'FW-BACK', command: 'check.back', text: 'Back' },
] as const

/** Runs the command of a scanned code; false for a code that is none. One that does not fit here and now does nothing. */
export function runScannerCommand(scanned: string): boolean {
  // Caps lock turns a scanner's letters around.
  const found = scannerCommands.find(({ code }) => code === scanned.toUpperCase())
  if (found === undefined) return false
  runCommand(found.command)
  return true
}

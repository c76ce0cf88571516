/** Listens for a scanner's commands where no products are scanned. */
import { runScannerCommand } from './scanner-commands.ts'
import { useScanner } from './use-scanner.ts'

export function CommandScanner() {
  useScanner(true, runScannerCommand)
  return null
}

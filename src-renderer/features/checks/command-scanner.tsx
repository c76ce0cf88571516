/** Listens for a scanner's commands where no products are scanned. */

import { useScanner } from '../../ui/use-scanner.ts'
import { runScannerCommand } from './scanner-commands.ts'

export function CommandScanner() {
  useScanner(true, runScannerCommand)
  return null
}

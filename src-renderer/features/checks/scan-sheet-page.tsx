/** The page of `/scanner-codes`: a sheet to print, for the wall beside the exit. */
import { IconArrowLeft } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { PrintPage } from '../../ui/print-page.tsx'
import { code39 } from './code-39.ts'
import classes from './scan-sheet.module.css'
import { scannerCommands } from './scanner-commands.ts'

export function ScanSheetPage() {
  return (
    <div className={classes.page} data-testid="scan-sheet">
      <div className={classes.head}>
        <Link to="/checks" className={classes.back}>
          <IconArrowLeft size={16} aria-hidden /> Checks
        </Link>
        <h1>Scanner codes</h1>
        <PrintPage name="floorwalker-scanner-codes" title="Scanner codes" group="Scanner codes" />
      </div>
      <p className={classes.about}>
        Print this sheet and hang it up where checks are done: with these codes a whole rescan needs nothing but the
        scanner. Scan FW-NEXT, FW-TAKE, then the items, then FW-APPROVE and FW-CONFIRM.
      </p>
      <ul className={classes.codes}>
        {scannerCommands.map(({ code, text }) => (
          <li key={code}>
            <strong>{text}</strong>
            <Barcode text={code} />
            <span>{code}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Barcode({ text }: { text: string }) {
  const { width, bars } = code39(text)
  return (
    <svg viewBox={`0 0 ${width} 44`} preserveAspectRatio="none" role="img" aria-label={`Barcode ${text}`}>
      <rect width={width} height={44} fill="#fff" />
      {bars.map((bar) => (
        <rect key={bar.x} x={bar.x} y={4} width={bar.width} height={36} fill="#000" />
      ))}
    </svg>
  )
}

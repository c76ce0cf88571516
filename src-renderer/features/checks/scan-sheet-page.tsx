/** The page of `/scanner-codes`: a sheet to print, for the wall beside the exit. */
import { code39 } from './code-39.ts'
import { PrintedPage } from './printed-page.tsx'
import classes from './scan-sheet.module.css'
import { scannerCommands } from './scanner-commands.ts'

export function ScanSheetPage() {
  return (
    <PrintedPage
      title="Scanner codes"
      about="Print this sheet and hang it up where checks are done: with these codes a whole rescan needs nothing but the scanner. Scan FW-NEXT, FW-TAKE, then the items, then FW-APPROVE and FW-CONFIRM."
      print={{ name: 'floorwalker-scanner-codes', title: 'Scanner codes' }}
      testId="scan-sheet"
    >
      <ul className={classes.codes}>
        {scannerCommands.map(({ code, text }) => (
          <li key={code}>
            <strong>{text}</strong>
            <Barcode text={code} />
            <span>{code}</span>
          </li>
        ))}
      </ul>
    </PrintedPage>
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

/** Puts the page that is shown on paper, or into a PDF: what it looks like there is its own print style. */
import { Button } from '@mantine/core'
import { IconFileTypePdf, IconFolderOpen, IconPrinter } from '@tabler/icons-react'
import { useState } from 'react'
import type { PdfOutcome } from '#shared/desktop-api.ts'
import { useData } from './data-context.ts'
import { InlineError } from './parts.tsx'
import classes from './print-page.module.css'
import { useCommands } from './shortcuts.ts'

interface PrintPageProps {
  /** Of the file, without an ending and a folder; what file names cannot hold is replaced. */
  name: string
  /** In the foot of every sheet of the PDF, and the title that a browser's print dialog suggests. */
  title: string
  /** Heading of the commands: the screen. */
  group: string
  /** True while there is nothing to print yet. */
  disabled?: boolean
}

/**
 * The buttons `Print` and `Save as PDF…`, and what became of the file; nothing of it is printed. A browser saves a PDF from
 * its print dialog, so there it is one button.
 */
export function PrintPage({ name, title, group, disabled = false }: PrintPageProps) {
  const data = useData()
  const [outcome, setOutcome] = useState<PdfOutcome | 'busy' | null>(null)
  const { desktop } = window
  const print = () => {
    const before = document.title
    document.title = title
    window.print()
    document.title = before
  }
  const savePdf = () => {
    if (desktop === undefined) return print()
    setOutcome('busy')
    desktop
      .savePdf({ name: `${fileName(name)}.pdf`, title: title.slice(0, 200) })
      .then(setOutcome, (error: unknown) =>
        setOutcome({ state: 'failed', message: error instanceof Error ? error.message : String(error) }),
      )
  }
  const show = (path: string) =>
    data
      .showExported(path)
      .catch((error: unknown) => setOutcome({ state: 'failed', message: `It could not be shown: ${String(error)}` }))
  const isBusy = outcome === 'busy'
  useCommands(
    disabled || isBusy
      ? []
      : [
          { id: 'page.print', group, text: 'Print', keys: 'mod+p', icon: IconPrinter, run: print },
          { id: 'page.pdf', group, text: 'Save as PDF…', icon: IconFileTypePdf, run: savePdf },
        ],
  )
  return (
    <div className={classes.print} data-testid="print-page">
      {outcome !== null && outcome !== 'busy' && outcome.state === 'failed' && (
        <InlineError>The PDF was not saved. {outcome.message}</InlineError>
      )}
      {outcome !== null && outcome !== 'busy' && outcome.state === 'saved' && (
        <p className={classes.saved} role="status" data-testid="pdf-saved">
          <span title={outcome.path}>Saved as {outcome.path.split(/[\\/]/).at(-1)}</span>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconFolderOpen size={14} />}
            onClick={() => void show(outcome.path)}
          >
            Show in folder
          </Button>
        </p>
      )}
      <Button variant="default" leftSection={<IconPrinter size={15} />} disabled={disabled || isBusy} onClick={print}>
        {desktop === undefined ? 'Print or save as PDF…' : 'Print'}
      </Button>
      {desktop !== undefined && (
        <Button
          variant="default"
          leftSection={<IconFileTypePdf size={15} />}
          disabled={disabled}
          loading={isBusy}
          onClick={savePdf}
        >
          Save as PDF…
        </Button>
      )}
    </div>
  )
}

const MAX_NAME_LENGTH = 150

/** What no file system refuses. */
function fileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file system wants them
  const plain = name.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, '_').slice(0, MAX_NAME_LENGTH)
  return plain === '' ? 'floorwalker' : plain
}

/** Puts the page that is shown on paper, or into a PDF: what it looks like there is its own print style. */
import { Button, Popover } from '@mantine/core'
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
  const [outcome, setOutcome] = useState<PdfOutcome | 'busy' | null>(null)
  const { desktop } = window
  const isBusy = outcome === 'busy'
  const print = () => {
    const before = document.title
    document.title = title
    window.print()
    document.title = before
  }
  const savePdf = () => {
    if (desktop === undefined) return print()
    setOutcome('busy')
    const saved = desktop.savePdf({ name: `${fileName(name)}.pdf`, title: title.slice(0, 200) })
    saved.then(
      (done) => setOutcome(done.state === 'cancelled' ? null : done),
      (error: unknown) => setOutcome({ state: 'failed', message: `The PDF was not saved: ${messageOf(error)}` }),
    )
  }
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
      <Button variant="default" leftSection={<IconPrinter size={15} />} disabled={disabled || isBusy} onClick={print}>
        {desktop === undefined ? 'Print or save as PDF…' : 'Print'}
      </Button>
      {desktop !== undefined && (
        <Popover
          opened={outcome !== null && !isBusy}
          onDismiss={() => setOutcome(null)}
          position="bottom-end"
          width={320}
        >
          <Popover.Target>
            <Button
              variant="default"
              leftSection={<IconFileTypePdf size={15} />}
              disabled={disabled}
              loading={isBusy}
              onClick={savePdf}
            >
              Save as PDF…
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            {outcome !== null && outcome !== 'busy' && <Outcome outcome={outcome} onProblem={setOutcome} />}
          </Popover.Dropdown>
        </Popover>
      )}
    </div>
  )
}

interface OutcomeProps {
  outcome: PdfOutcome
  onProblem: (outcome: PdfOutcome) => void
}

function Outcome({ outcome, onProblem }: OutcomeProps) {
  const data = useData()
  if (outcome.state === 'cancelled') return null
  if (outcome.state === 'failed') return <InlineError>{outcome.message}</InlineError>
  const { path } = outcome
  const show = () =>
    void data
      .showExported(path)
      .catch((error) =>
        onProblem({ state: 'failed', message: `The file could not be shown: ${messageOf(error)}. It is ${path}` }),
      )
  return (
    <div className={classes.saved} role="status" data-testid="pdf-saved">
      <p>
        Saved as <strong title={path}>{path.split(/[\\/]/).at(-1)}</strong>
      </p>
      <Button variant="default" leftSection={<IconFolderOpen size={15} />} onClick={show}>
        Show in folder
      </Button>
    </div>
  )
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const MAX_NAME_LENGTH = 150

/** What no file system refuses. */
function fileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file system wants them
  const plain = name.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, '_').slice(0, MAX_NAME_LENGTH)
  return plain === '' ? 'floorwalker' : plain
}

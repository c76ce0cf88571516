/** The button that opens the export of the list, and its dialog, which is no part of a start. */
import { Button } from '@mantine/core'
import { IconFileExport } from '@tabler/icons-react'
import { lazy, memo, Suspense, useState } from 'react'
import { loadLater } from '../../ui/load-later.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import type { ExportAsked } from './export-dialog.tsx'

const loadDialog = () => import('./export-dialog.tsx')
const ExportDialog = lazy(async () => ({ default: (await loadDialog()).ExportDialog }))
loadLater(loadDialog)

interface ExportSessionsProps {
  /** What is exported where the dialog is opened now. */
  what: () => ExportAsked
}

/** Not drawn anew with the list: what is exported is asked for at the opening. */
export const ExportSessions = memo(function ExportSessions({ what }: ExportSessionsProps) {
  const [opened, setOpened] = useState(false)
  const [asked, setAsked] = useState<ExportAsked | null>(null)
  const open = () => {
    setAsked(what())
    setOpened(true)
  }
  useCommands([{ id: 'sessions.export', group: 'Sessions list', text: 'Export…', icon: IconFileExport, run: open }])
  return (
    <>
      <Button variant="default" leftSection={<IconFileExport size={15} />} onClick={open}>
        Export…
      </Button>
      <Suspense>
        {asked !== null && <ExportDialog {...asked} opened={opened} onClose={() => setOpened(false)} />}
      </Suspense>
    </>
  )
})

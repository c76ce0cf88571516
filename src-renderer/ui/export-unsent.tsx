/** Export of all unsent decisions of this PC: the same button in the banner and on the data-safety page. */
import { Button } from '@mantine/core'
import { IconFileExport } from '@tabler/icons-react'
import { useState } from 'react'
import { useData } from './data-context.ts'
import { saveFile } from './save-file.ts'

export type ExportState = { name: string } | { error: string } | null

interface ExportUnsentProps {
  disabled?: boolean
  /** Told what came of it, to be said where there is room. */
  onDone: (state: ExportState) => void
}

/** Writes the file and hands it to the system to save. */
export function ExportUnsentButton({ disabled, onDone }: ExportUnsentProps) {
  const data = useData()
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    onDone(null)
    try {
      const file = await data.exportUnsent()
      saveFile(file)
      onDone({ name: file.name })
    } catch (error) {
      onDone({ error: `The file could not be written: ${error instanceof Error ? error.message : String(error)}` })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button
      variant="default"
      leftSection={<IconFileExport size={15} />}
      loading={busy}
      disabled={disabled}
      onClick={() => void save()}
    >
      Export unsent…
    </Button>
  )
}

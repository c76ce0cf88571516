/** What can be done with a card besides reading it: show it as a table, take it along as a picture or a file. */
import { ActionIcon } from '@mantine/core'
import { IconChartBar, IconCopy, IconFileTypeCsv, IconTable } from '@tabler/icons-react'
import { memo, useState } from 'react'
import classes from './charts.module.css'
import type { PictureOutcome } from './picture-frame.ts'

/** Stays the same while figures come and go: buttons need not be drawn with them. */
export interface Taking {
  /** Null where nothing is drawn. */
  picture: () => Promise<PictureOutcome | null>
  file: () => void
}

interface CardToolsProps {
  take: Taking
  /** Absent where a card has no other form. */
  isTable?: boolean
  onTable?: (isTable: boolean) => void
  hasPicture: boolean
  hasRows: boolean
}

export const CardTools = memo(function CardTools({ take, isTable, onTable, hasPicture, hasRows }: CardToolsProps) {
  const [note, setNote] = useState<string | null>(null)
  const say = (words: string | null) => {
    setNote(words)
    setTimeout(() => setNote(null), NOTE_MS)
  }
  const copy = () => {
    take.picture().then(
      (outcome) => say(outcome && outcomeWords[outcome]),
      (error: unknown) => say(`No picture: ${error instanceof Error ? error.message : String(error)}`),
    )
  }
  return (
    <div className={classes.cardTools}>
      <span role="status">{note}</span>
      {onTable !== undefined && (
        <Tool
          label={isTable ? 'Show as a chart' : 'Show as a table'}
          icon={isTable ? IconChartBar : IconTable}
          isPressed={isTable}
          onClick={() => onTable(!isTable)}
        />
      )}
      <Tool label="Copy as a picture" icon={IconCopy} disabled={!hasPicture} onClick={copy} />
      <Tool label="Export as CSV" icon={IconFileTypeCsv} disabled={!hasRows} onClick={() => take.file()} />
    </div>
  )
})

const NOTE_MS = 4_000
const outcomeWords: Record<PictureOutcome, string> = { copied: 'Copied as a picture', saved: 'Saved as a picture' }

interface ToolProps {
  label: string
  icon: typeof IconTable
  isPressed?: boolean
  disabled?: boolean
  onClick: () => void
}

function Tool({ label, icon: ToolIcon, isPressed, disabled, onClick }: ToolProps) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={24}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={disabled}
      onClick={onClick}
    >
      <ToolIcon size={15} stroke={1.7} />
    </ActionIcon>
  )
}

/** Says that this PC still reads its own history: what is shown is of the newest days only. */
import { IconHistory } from '@tabler/icons-react'
import { useDataStatus } from '../../ui/data-context.ts'
import { Toned } from '../../ui/parts.tsx'
import classes from './problem-lists.module.css'

export function Incomplete() {
  const reading = useDataStatus((status) => status.reading)
  return (
    <p className={classes.incomplete} role="status">
      <Toned tone="warn" icon={IconHistory}>
        This PC still reads its history
        {reading !== null && ` (${reading.daysDone} of ${reading.daysTotal} days)`}: what is shown is not all yet.
      </Toned>
    </p>
  )
}

/** Marks goods that must be kept cold, by sign and word. */
import { IconSnowflake, IconTemperature } from '@tabler/icons-react'
import type { LineItem } from '#shared/protocol/session-document.ts'
import { storageLabels } from '../../ui/abandoned-words.ts'
import { Pill } from '../../ui/parts.tsx'

/** Nothing for what belongs on a shelf. */
export function StorageMark({ storage }: { storage: NonNullable<LineItem['storage']> }) {
  if (storage === 'ambient') return null
  return (
    <Pill tone="accent" icon={storage === 'frozen' ? IconSnowflake : IconTemperature}>
      {storageLabels[storage]}
    </Pill>
  )
}

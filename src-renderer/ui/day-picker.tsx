/** A calendar of store-local days: two clicks make a span. */
import { DatePicker } from '@mantine/dates'
import '@mantine/dates/styles.layer.css'
import { useState } from 'react'
import { type DaySpan, localDateOf } from '#shared/time/local-day.ts'
import { useNow } from './use-now.ts'

const MINUTE = 60_000

interface DayPickerProps {
  value: DaySpan | null
  /** IANA zones of the stores: the latest of their present days is the last that can be chosen. */
  zones: readonly string[]
  onChange: (span: DaySpan) => void
}

export function DayPicker({ value, zones, onChange }: DayPickerProps) {
  const nowMs = useNow(MINUTE)
  const today = zones.map((zone) => localDateOf(nowMs, zone)).reduce((a, b) => (a > b ? a : b))
  const [first, setFirst] = useState<string | null>(null)
  const chosen: [string | null, string | null] = [
    first ?? value?.from ?? null,
    first === null ? (value?.to ?? null) : null,
  ]
  return (
    <DatePicker
      type="range"
      size="xs"
      allowSingleDateInRange
      firstDayOfWeek={1}
      weekendDays={[]}
      maxDate={today}
      defaultDate={value?.from ?? value?.to ?? today}
      getDayProps={(date) => ({ 'aria-current': date === today ? 'date' : undefined })}
      value={chosen}
      onChange={([from, to]) => {
        setFirst(to === null ? from : null)
        if (from !== null && to !== null) onChange({ from, to })
      }}
    />
  )
}

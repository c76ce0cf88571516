/** A calendar of store-local days: two clicks make a span. */
import { DatePicker } from '@mantine/dates'
import '@mantine/dates/styles.layer.css'
import { useState } from 'react'
import { localDateOf } from '#shared/time/local-day.ts'
import type { DaySpan } from './time-span.ts'
import { useNow } from './use-now.ts'

const MINUTE = 60_000

interface DayPickerProps {
  value: DaySpan | null
  /** IANA zone whose present day is the last that can be chosen. */
  zone: string
  onChange: (span: DaySpan) => void
}

export function DayPicker({ value, zone, onChange }: DayPickerProps) {
  const today = localDateOf(useNow(MINUTE), zone)
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

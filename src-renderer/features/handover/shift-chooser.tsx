/** Store, day and shift of the handover, with a step back and one on. */
import { ActionIcon, Button, NativeSelect } from '@mantine/core'
import { DatePickerInput } from '@mantine/dates'
import '@mantine/dates/styles.css'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { ShiftCalendar, ShiftSpan } from '#shared/time/shifts.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import classes from './handover.module.css'
import { type ChosenShift, type HandoverSearch, nextBegun, sameShift } from './handover-search.ts'

interface ShiftChooserProps {
  stores: StoreSettings[]
  store: StoreSettings
  calendar: ShiftCalendar
  chosen: ChosenShift
  nowMs: number
  /** The shift of now is asked for. */
  onNow: () => void
}

export function ShiftChooser({
  stores,
  store,
  calendar,
  chosen: { span, isCurrent },
  nowMs,
  onNow,
}: ShiftChooserProps) {
  const navigate = useNavigate()
  const show = (change: HandoverSearch) =>
    void navigate({
      to: '/handover',
      search: ({ stores: inShell }) => ({ stores: inShell, store: store.id, ...change }),
      replace: true,
    })
  const showSpan = (shift: ShiftSpan | null) => {
    if (shift !== null) show({ date: shift.date, shift: shift.name })
  }
  const showNow = () => {
    onNow()
    show({})
  }
  const before = calendar.previous(span)
  const after = nextBegun(calendar, span, nowMs)
  const ofDay = calendar.of(span.date).filter(({ from }) => from <= nowMs)
  const group = 'Handover'
  useCommands([
    { id: 'handover.before', group, text: 'Shift before', keys: 'arrowleft', run: () => showSpan(before) },
    { id: 'handover.after', group, text: 'Next shift', keys: 'arrowright', run: () => showSpan(after) },
    { id: 'handover.current', group, text: 'Shift of now', run: showNow },
  ])
  return (
    <div className={classes.chooser}>
      {stores.length > 1 && (
        <NativeSelect
          size="xs"
          w={136}
          aria-label="Store"
          value={store.id}
          data={stores.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(event) => show({ store: event.currentTarget.value })}
        />
      )}
      <ActionIcon
        variant="default"
        aria-label="Shift before"
        disabled={before === null}
        onClick={() => showSpan(before)}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <DatePickerInput
        size="xs"
        aria-label="Day"
        valueFormat="ddd D MMM YYYY"
        firstDayOfWeek={1}
        weekendDays={[]}
        maxDate={localDateOf(nowMs, store.timezone)}
        value={span.date}
        onChange={(date) => showSpan(date === null ? null : sameShift(calendar, date, span.name, nowMs))}
      />
      <NativeSelect
        size="xs"
        aria-label="Shift"
        value={span.name}
        data={ofDay.map(({ name }) => name)}
        onChange={(event) => showSpan(calendar.find(span.date, event.currentTarget.value))}
      />
      <ActionIcon variant="default" aria-label="Next shift" disabled={after === null} onClick={() => showSpan(after)}>
        <IconChevronRight size={16} />
      </ActionIcon>
      <Button variant={isCurrent ? 'light' : 'default'} aria-pressed={isCurrent} onClick={showNow}>
        Now
      </Button>
    </div>
  )
}

/** The period of a list, as buttons. */
import { SegmentedControl } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type Period, periodText } from './period.ts'

interface PeriodChoiceProps {
  value: Period
  choices: readonly Period[]
}

/** Writes the chosen period into the URL of the page it is on. */
export function PeriodChoice({ value, choices }: PeriodChoiceProps) {
  const navigate = useNavigate()
  return (
    <SegmentedControl
      size="xs"
      aria-label="Period"
      value={value}
      onChange={(period) =>
        void navigate({ to: '.', search: (search) => ({ ...search, period: period as Period }), replace: true })
      }
      data={choices.map((each) => ({ value: each, label: periodText(each) }))}
    />
  )
}

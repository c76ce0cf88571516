/** Where decisions and history lie on this PC, how much room they take, and how long details are kept. */
import { Button, NumberInput, Progress } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import type { DataSafety } from '../../data/data-api.ts'
import { useData, useDataStatus } from '../../ui/data-context.ts'
import { formatBytes } from '../../ui/format-bytes.ts'
import { counted } from '../../ui/labels.ts'
import { InlineError, Section, Toned } from '../../ui/parts.tsx'
import classes from './data-safety.module.css'

const MAX_DAYS = 3_650

export function KeptOnThisPc({ safety }: { safety: DataSafety }) {
  const { storage, journal } = safety
  const journalled = useDataStatus((status) => status.journalled)
  return (
    <Section title="Kept on this PC">
      <StorageBar storage={storage} />
      <dl className={classes.facts}>
        <Fact name="Journal">
          {journal !== null ? <Journal journal={journal} /> : journalled ? <SilentJournal /> : <NoJournal />}
        </Fact>
        <Fact name="Protection">
          <Persistence persisted={storage.persisted} />
        </Fact>
      </dl>
      <KeepDetails safety={safety} />
    </Section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Used of what could be used: the free disk is the real limit, the browser's quota where the disk is not known. */
function StorageBar({ storage }: { storage: DataSafety['storage'] }) {
  const { usedBytes, quotaBytes, freeDiskBytes, low } = storage
  const known = [
    usedBytes !== null && `${formatBytes(usedBytes)} used by the console`,
    quotaBytes !== null && `${formatBytes(quotaBytes)} allowed`,
    freeDiskBytes !== null && `${formatBytes(freeDiskBytes)} free on the disk`,
  ].filter((each) => each !== false)
  const room =
    usedBytes === null
      ? null
      : freeDiskBytes !== null
        ? Math.min(usedBytes + freeDiskBytes, quotaBytes ?? Number.POSITIVE_INFINITY)
        : quotaBytes
  const percent = room === null || usedBytes === null || room === 0 ? null : Math.min(100, (usedBytes / room) * 100)
  return (
    <div className={classes.storage}>
      {percent !== null && (
        <Progress
          value={percent}
          size={10}
          color={low ? 'red.9' : undefined}
          aria-label={`Storage: ${known.join(', ')}`}
        />
      )}
      <p>{known.length === 0 ? 'The system does not say how much room there is.' : known.join(' · ')}</p>
      {low && (
        <p>
          <Toned tone="bad">
            <strong>Nearly full.</strong>
          </Toned>{' '}
          Updates are paused until there is room. Decisions are still saved and sent.
        </p>
      )}
    </div>
  )
}

function Journal({ journal }: { journal: NonNullable<DataSafety['journal']> }) {
  const { pending, bytes, tornBytes, corruptLines, readOnly } = journal
  return (
    <>
      <span>
        <Toned tone={corruptLines > 0 || readOnly ? 'bad' : 'ok'}>
          {readOnly ? 'written by a newer Floorwalker: read only' : corruptLines > 0 ? 'damaged' : 'in order'}
        </Toned>{' '}
        · {counted(pending, 'entry', 'entries')} waiting for the backend · {formatBytes(bytes)}
      </span>
      <span className={classes.soft}>
        Each step of a decision is written through to this file before it is shown: a crash or power cut does not lose
        it.
      </span>
      {tornBytes > 0 && (
        <span>
          <Toned tone="warn">An unfinished line ({formatBytes(tornBytes)})</Toned> was set aside when the app started.
          It had not been reported as saved.
        </span>
      )}
      {corruptLines > 0 && (
        <span>
          <Toned tone="bad">{counted(corruptLines, 'line')}</Toned> could not be read and{' '}
          {corruptLines === 1 ? 'was' : 'were'} set aside. Tell IT; the file is kept.
        </span>
      )}
    </>
  )
}

function SilentJournal() {
  return (
    <>
      <Toned tone="bad">its state cannot be read</Toned>
      <span className={classes.soft}>
        The app’s main process did not answer. A decision is only shown as saved once it has. Restart the app if this
        stays.
      </span>
    </>
  )
}

function NoJournal() {
  return (
    <>
      <Toned tone="warn">none: this is a browser</Toned>
      <span className={classes.soft}>
        Decisions are in this browser’s database only. It cannot promise to keep them if its site data is cleared, in a
        private window, or on a full disk. The desktop app also keeps a journal file.
      </span>
    </>
  )
}

function Persistence({ persisted }: { persisted: boolean | null }) {
  const data = useData()
  const queryClient = useQueryClient()
  const ask = useMutation({
    mutationFn: () => data.persistStorage(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['data-safety'] }),
  })
  if (persisted === true) {
    return (
      <span>
        <Toned tone="ok">granted</Toned> · the system does not clear this data to make room
      </span>
    )
  }
  return (
    <>
      <span>
        <Toned tone="warn">{persisted === null ? 'not known' : 'not granted'}</Toned> · the system may clear this data
        when the disk fills up
      </span>
      <span className={classes.inline}>
        <Button variant="default" size="compact-xs" loading={ask.isPending} onClick={() => ask.mutate()}>
          Ask to keep it
        </Button>
        <span role="status">
          {ask.data === false && 'Not granted. A browser decides by itself: bookmarking the console can help.'}
          {ask.error !== null && `Could not ask: ${ask.error.message}`}
        </span>
      </span>
    </>
  )
}

function KeepDetails({ safety }: { safety: DataSafety }) {
  const data = useData()
  const progress = useDataStatus((status) => status.detailsAhead)
  const { keepDetailsDays, detailsAheadDays } = safety
  return (
    <>
      <DaysSetting
        key={`keep ${keepDetailsDays}`}
        label="Keep details for (days)"
        days={keepDetailsDays}
        min={1}
        max={MAX_DAYS}
        onSave={(days) => data.setKeepDetailsDays(days)}
      >
        Baskets and events of sessions that ended earlier are removed from this PC and fetched again when opened.
        History rows stay, and unsent decisions are never removed.
      </DaysSetting>
      <DaysSetting
        key={`ahead ${detailsAheadDays} ${keepDetailsDays}`}
        label="Fetch details ahead (days)"
        days={detailsAheadDays}
        min={0}
        max={keepDetailsDays}
        onSave={(days) => data.setDetailsAheadDays(days)}
      >
        Details of all sessions of the last days are fetched while the console is online, so that each can be opened
        offline; 0 fetches only what was open, changed or looked at.
        {progress !== null && (
          <>
            {' '}
            <strong>
              {progress.done.toLocaleString('en')} of {counted(progress.total, 'session')} fetched.
            </strong>
          </>
        )}
      </DaysSetting>
    </>
  )
}

interface DaysSettingProps {
  label: string
  days: number
  min: number
  max: number
  onSave: (days: number) => Promise<void>
  /** What the setting does. */
  children: ReactNode
}

function DaysSetting({ label, days, min, max, onSave, children }: DaysSettingProps) {
  const queryClient = useQueryClient()
  const readOnly = useDataStatus((status) => status.readOnly)
  const hintId = useId()
  const [value, setValue] = useState<number | string>(days)
  const wrong =
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? null
      : `A whole number from ${min} to ${max.toLocaleString('en')}`
  const save = useMutation({
    mutationFn: onSave,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['data-safety'] }),
  })
  return (
    <form
      className={classes.keep}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (wrong === null && typeof value === 'number') save.mutate(value)
      }}
    >
      <div className={classes.keepRow}>
        <NumberInput
          size="xs"
          w={170}
          label={label}
          aria-describedby={hintId}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="none"
          min={min}
          max={max}
          value={value}
          error={wrong}
          disabled={readOnly}
          onChange={setValue}
        />
        {value !== days && !readOnly && (
          <Button type="submit" mt={20} loading={save.isPending} disabled={wrong !== null}>
            Save
          </Button>
        )}
      </div>
      <p id={hintId} className={classes.soft}>
        {children}
      </p>
      {save.error !== null && <InlineError>The setting was not saved: {save.error.message}</InlineError>}
    </form>
  )
}

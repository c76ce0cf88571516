/** The page of `/handover`: what one shift hands to the next, on one page to read, to print and to take over. */
import { Button, Loader } from '@mantine/core'
import { IconClockPause, IconClockPlay, IconCloudOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { ShiftCalendar } from '#shared/time/shifts.ts'
import type { Handover } from '../../data/abandoned-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useDataAge, useDataStatus, useEmployee, useRevision, useStores } from '../../ui/data-context.ts'
import { formatClock, formatExact, formatLocalDate, formatShort, zoneName } from '../../ui/format-time.ts'
import { Blank, InlineError, Toned } from '../../ui/parts.tsx'
import { PrintPage } from '../../ui/print-page.tsx'
import { serverNow, useNow } from '../../ui/use-now.ts'
import classes from './handover.module.css'
import { Figures, HandoverParts } from './handover-parts.tsx'
import { type ChosenShift, chosenShift, readHandoverSearch } from './handover-search.ts'
import { ShiftChooser } from './shift-chooser.tsx'
import { ShiftNotes } from './shift-notes.tsx'
import { TakeOver } from './take-over.tsx'

const MINUTE_MS = 60_000

export function HandoverPage() {
  const inShell = useChosenStores()
  const allStores = useStores()
  const stores = allStores.filter(({ id }) => inShell.length === 0 || inShell.includes(id))
  const search = useSearch({ strict: false, select: readHandoverSearch })
  const wanted = allStores.find(({ id }) => id === search.store)
  const store = wanted ?? stores[0]
  const nowMs = useNow(MINUTE_MS)
  const [openedMs, setOpenedMs] = useState(serverNow)
  const calendar = useMemo(() => (store === undefined ? null : new ShiftCalendar(store)), [store])
  if (store === undefined || calendar === null) return <Blank icon={IconClockPause} title="No store to hand over" />
  const chosen = chosenShift(calendar, search, nowMs, openedMs)
  if (chosen === null) {
    return (
      <Blank icon={IconClockPause} title={`${store.name} has no shifts`}>
        <p>Shifts are part of a store’s settings at the backend: an administrator can add them there.</p>
      </Blank>
    )
  }
  const problem =
    search.store !== undefined && wanted === undefined
      ? `There is no store “${search.store}” among yours: this is ${store.name}.`
      : chosen.isUnknown
        ? `${store.name} has no shift ${[search.shift, search.date].filter(Boolean).join(' on ')}: this is the one of now.`
        : null
  return (
    <OneShift
      key={store.id}
      store={store}
      chosen={chosen}
      nowMs={nowMs}
      problem={problem}
      chooser={
        <ShiftChooser
          stores={allStores}
          store={store}
          calendar={calendar}
          chosen={chosen}
          nowMs={nowMs}
          onNow={() => setOpenedMs(serverNow())}
        />
      }
      onNow={() => setOpenedMs(serverNow())}
      next={calendar.next(chosen.span)?.name ?? chosen.span.name}
    />
  )
}

interface OneShiftProps {
  store: StoreSettings
  chosen: ChosenShift
  nowMs: number
  problem: string | null
  chooser: React.ReactNode
  /** Shows the shift of now. */
  onNow: () => void
  /** Name of the shift after it. */
  next: string
}

function OneShift({ store, chosen: { span, isCurrent, begun }, nowMs, problem, chooser, onNow, next }: OneShiftProps) {
  const data = useData()
  const revision = useRevision()
  const shift = { storeId: store.id, date: span.date, shift: span.name }
  const { data: handover, error } = useQuery({
    queryKey: ['handover', store.id, span.date, span.name, nowMs, revision],
    queryFn: () => data.handover(shift),
    // Another shift must not flash up with this one's content.
    placeholderData: (previous, query) =>
      query?.queryKey[1] === store.id && query.queryKey[2] === span.date && query.queryKey[3] === span.name
        ? keepPreviousData(previous)
        : undefined,
  })
  const zone = store.timezone
  const times = `${formatClock(span.from, zone)}–${formatClock(span.to, zone)} ${zoneName(span.from, zone)}`
  const when = `${span.name} shift, ${weekday(span.date)} ${formatLocalDate(span.date)}, ${times}`
  return (
    <div className={classes.page} data-testid="handover">
      <header className={classes.head}>
        <div>
          <h1>
            Handover <span className={classes.onPaper}>of {store.name}</span>
          </h1>
          <p data-testid="shift">
            {when}
            {isCurrent && <span className={classes.onScreen}> · now</span>}
          </p>
        </div>
        {chooser}
        <PrintPage
          name={`floorwalker-handover-${store.id}-${span.date}-${span.name}`}
          title={`Handover of ${store.name}, ${when}`}
          group="Handover"
          disabled={handover === undefined}
        />
      </header>
      {begun !== null && (
        <p className={classes.notice} role="status" data-testid="shift-begun">
          <Toned tone="warn" icon={IconClockPlay}>
            The {begun.name} shift has begun at {formatClock(begun.from, zone)}; this is the {span.name} shift.
          </Toned>
          <Button size="compact-xs" variant="default" onClick={onNow}>
            Show the {begun.name} shift
          </Button>
        </p>
      )}
      {problem !== null && <InlineError>{problem}</InlineError>}
      <Freshness store={store} isComplete={handover?.complete ?? true} />
      {error !== null && <InlineError>The handover could not be read: {error.message}</InlineError>}
      {handover === undefined && error === null && <Loader size="sm" role="status" aria-label="Loading" />}
      {handover !== undefined && <Content handover={handover} store={store} nowMs={nowMs} next={next} />}
    </div>
  )
}

interface ContentProps {
  handover: Handover
  store: StoreSettings
  nowMs: number
  next: string
}

function Content({ handover, store, nowMs, next }: ContentProps) {
  const { storeId, date, shift, notes } = handover
  return (
    <>
      <Figures handover={handover} nowMs={nowMs} />
      <div className={classes.columns}>
        <aside className={classes.side} aria-label="Notes and taking over">
          <TakeOver
            key={JSON.stringify([date, shift])}
            handover={handover}
            next={next}
            zone={store.timezone}
            nowMs={nowMs}
          />
          <ShiftNotes shift={{ storeId, date, shift }} notes={notes} zone={store.timezone} />
        </aside>
        <div className={classes.parts}>
          <HandoverParts handover={handover} store={store} nowMs={nowMs} />
        </div>
      </div>
    </>
  )
}

const weekday = (date: string): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' }).format(Date.parse(`${date}T00:00:00Z`))

/** How old what is shown may be; on paper also when and by whom it was printed. */
function Freshness({ store, isComplete }: { store: StoreSettings; isComplete: boolean }) {
  const online = useDataStatus((status) => status.connection === 'online')
  const employee = useEmployee()
  const asOf = useDataAge([store.id])
  const now = useNow(10_000)
  const zone = store.timezone
  const contact = asOf === null ? 'Nothing was ever synced' : `As of ${formatShort(asOf, zone, now)}`
  return (
    <>
      <p className={classes.printed}>
        {store.name} ({store.id}). Printed {formatExact(now, zone)}
        {employee !== null && ` by ${employee.name} (${employee.number})`}. {!online && `${contact}: no contact since.`}
        {!isComplete && ' The history was still being read: figures may be too low.'}
      </p>
      {!online && (
        <p className={classes.notice} role="status" data-testid="handover-offline">
          <Toned tone="warn" icon={IconCloudOff}>
            {contact}: what happened elsewhere since is missing. Notes and taking over are kept on this PC and sent
            later.
          </Toned>
        </p>
      )}
      {!isComplete && (
        <p className={classes.notice} role="status">
          <Toned tone="warn">This PC still reads its history: figures may be too low for a moment.</Toned>
        </p>
      )}
    </>
  )
}

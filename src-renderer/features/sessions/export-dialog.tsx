/** Export of the list: what, in which format, which columns; then the progress, which the badge in the top bar keeps. */
import { Button, Checkbox, Modal, Radio, SegmentedControl } from '@mantine/core'
import { IconCloudDownload, IconFileExport } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useId, useRef, useState } from 'react'
import {
  type ExportColumn,
  type ExportRequest,
  type ExportScope,
  type ExportSize,
  type ExportTable,
  employeeExportColumns,
  exportColumns,
  exportColumnTitles,
  exportTables,
  exportTableTitles,
} from '../../data/data-api.ts'
import { csvDialectOf } from '../../ui/csv-dialect.ts'
import { useData, useDataStatus, useMaySeeEmployees, useRevision, useStores } from '../../ui/data-context.ts'
import { ExportProgressView } from '../../ui/export-progress.tsx'
import { deviceZone } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { InlineError } from '../../ui/parts.tsx'
import { dismissExport, startExport, useExportJob } from '../../ui/session-export.ts'
import classes from './export-dialog.module.css'
import type { ListTarget } from './list-selection.ts'

/** Details fetched at one click: a minute or so, and no burden for a backend. */
const MAX_FETCHED = 5_000
const MAX_SHEET_SESSIONS = 1_048_575

const formats: Record<ExportRequest['format'], { title: string; hint: string }> = {
  csv: {
    title: 'CSV',
    hint: 'For every program. Text that a spreadsheet would run as a formula gets an apostrophe. Ids such as 00123 or 1E5 stay what they are only in an XLSX.',
  },
  xlsx: { title: 'XLSX', hint: 'For Excel, LibreOffice, Google Sheets: real numbers and dates, ids stay text.' },
  arrow: { title: 'Arrow', hint: 'For analysis with DuckDB, pandas, Polars, R: exact types, instants in UTC.' },
}

type ColumnChoice = 'all' | 'list' | 'chosen'

interface Choices {
  format: ExportRequest['format']
  tables: ExportTable[]
  columnChoice: ColumnChoice
  chosen: ExportColumn[]
  times: ExportRequest['times']
  csv: ExportRequest['csv']
}

/** Kept from one export to the next while the window is open. */
let lastChoices: Choices = {
  format: 'csv',
  tables: ['sessions'],
  columnChoice: 'all',
  chosen: [...exportColumns],
  times: 'store',
  csv: csvDialectOf(globalThis.navigator?.language ?? 'en'),
}

/** What is exported, as of the opening of the dialog. */
export interface ExportAsked {
  /** The list, or what is selected in it. */
  target: ListTarget
  /** The filters in words, one each. */
  filterWords: readonly string[]
  /** Columns of the list, in its order. */
  listColumns: readonly ExportColumn[]
}

interface ExportDialogProps extends ExportAsked {
  opened: boolean
  onClose: () => void
}

export function ExportDialog(props: ExportDialogProps) {
  const job = useExportJob((state) => state.job)
  const [started, setStarted] = useState(false)
  const close = () => {
    setStarted(false)
    props.onClose()
  }
  const isShown = started && job !== null && !(job.state === 'running' && job.progress === null)
  return (
    <Modal opened={props.opened} onClose={close} title="Export sessions" size={640}>
      {isShown ? (
        <div className={classes.form}>
          <ExportProgressView job={job} />
          <div className={classes.foot}>
            <Button variant={job.state === 'running' ? 'default' : 'filled'} onClick={close}>
              {job.state === 'running' ? 'Go on working' : 'Close'}
            </Button>
            {job.state === 'running' && <span className={classes.hint}>It stays in the top bar.</span>}
          </div>
        </div>
      ) : (
        <ExportForm {...props} close={close} isStarted={started} onStart={() => setStarted(true)} />
      )}
    </Modal>
  )
}

type ExportFormProps = ExportDialogProps & { close: () => void; isStarted: boolean; onStart: () => void }

function ExportForm({ target, filterWords, listColumns, close, isStarted, onStart }: ExportFormProps) {
  const data = useData()
  const stores = useStores()
  const running = useExportJob((state) => state.job?.state === 'running')
  const isFilling = useDataStatus((status) => status.reading !== null || status.firstSync !== null)
  const [choices, setChoices] = useState(lastChoices)
  // As of the opening: what is counted here is what is written.
  const { query, only } = target
  const [onlySelected, setOnlySelected] = useState(only !== null)
  const scope: ExportScope = { query, only: onlySelected ? only : null }
  const size = useExportSize(scope)
  const change = (part: Partial<Choices>) => {
    const next = { ...choices, ...part }
    if (next.format !== 'xlsx') next.tables = next.tables.slice(0, 1)
    lastChoices = next
    setChoices(next)
  }
  const { format, tables, columnChoice, times, csv } = choices
  const maySeeEmployees = useMaySeeEmployees()
  const offered = exportColumns.filter((column) => maySeeEmployees || !employeeExportColumns.includes(column))
  // Somebody else may have chosen them in this window.
  const chosen = choices.chosen.filter((column) => offered.includes(column))
  const columns = columnChoice === 'all' ? offered : columnChoice === 'list' ? [...listColumns] : chosen
  const withSessions = tables.includes('sessions')
  const withDetails = tables.some((table) => table !== 'sessions')
  const missing =
    tables.length === 0
      ? 'Choose what to export.'
      : withSessions && columns.length === 0
        ? 'Choose at least one column.'
        : null

  const start = () => {
    onStart()
    const zone = stores[0]?.timezone ?? deviceZone()
    dismissExport()
    void startExport(data, { ...scope, format, tables, columns, times, csv }, zone)
  }

  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (missing === null && !running) start()
      }}
    >
      <Part title="Sessions">
        {only !== null && (
          <Radio.Group
            aria-label="Sessions"
            value={onlySelected ? 'selected' : 'all'}
            onChange={(value) => setOnlySelected(value === 'selected')}
          >
            <div className={classes.row}>
              <Radio size="xs" value="selected" label={`Selected (${only.length.toLocaleString('en')})`} />
              <Radio size="xs" value="all" label="All under the filters" />
            </div>
          </Radio.Group>
        )}
        <p className={classes.scope} data-testid="export-scope">
          <strong>{size === undefined ? '…' : counted(size.sessions, 'session')}</strong>{' '}
          {onlySelected
            ? 'selected in the list'
            : filterWords.length === 0
              ? 'without a filter'
              : `under ${counted(filterWords.length, 'filter')}: ${filterWords.join(' · ')}`}
        </p>
        {isFilling && (
          <p className={classes.warning}>
            The history is still being read or fetched: the file holds the sessions that are here when it is written.
          </p>
        )}
      </Part>
      <Part title="Format">
        <SegmentedControl
          size="xs"
          aria-label="Format"
          value={format}
          onChange={(value) => change({ format: value as Choices['format'] })}
          data={Object.entries(formats).map(([value, { title }]) => ({ value, label: title }))}
        />
        <p className={classes.hint}>
          {formats[format].hint}
          {format === 'xlsx' &&
            withSessions &&
            (size?.sessions ?? 0) > MAX_SHEET_SESSIONS &&
            ` A sheet holds ${MAX_SHEET_SESSIONS.toLocaleString('en')} sessions: there will be ${Math.ceil((size?.sessions ?? 0) / MAX_SHEET_SESSIONS)}.`}
        </p>
      </Part>
      <Part title={format === 'xlsx' ? 'Sheets' : 'Table'}>
        <Tables several={format === 'xlsx'} tables={tables} onChange={(next) => change({ tables: next })} />
        {withDetails && size !== undefined && <DetailsHere scope={scope} size={size} />}
      </Part>
      {withSessions && (
        <Part title="Columns">
          <SegmentedControl
            size="xs"
            aria-label="Columns"
            value={columnChoice}
            onChange={(value) => change({ columnChoice: value as ColumnChoice })}
            data={[
              { value: 'all', label: `All ${offered.length}` },
              { value: 'list', label: `As in the list (${listColumns.length})` },
              { value: 'chosen', label: 'Chosen' },
            ]}
          />
          {columnChoice === 'chosen' && (
            <div className={classes.columns}>
              {offered.map((column) => (
                <Checkbox
                  key={column}
                  size="xs"
                  label={exportColumnTitles[column]}
                  checked={chosen.includes(column)}
                  onChange={() =>
                    change({ chosen: offered.filter((each) => chosen.includes(each) !== (each === column)) })
                  }
                />
              ))}
            </div>
          )}
        </Part>
      )}
      {format !== 'arrow' && (
        <Part title={format === 'csv' ? 'Times and numbers' : 'Times'}>
          <div className={classes.row}>
            <SegmentedControl
              size="xs"
              aria-label="Times"
              value={times}
              onChange={(value) => change({ times: value as Choices['times'] })}
              data={[
                { value: 'store', label: 'Store’s time' },
                { value: 'utc', label: 'UTC' },
              ]}
            />
            {format === 'csv' && (
              <>
                <SegmentedControl
                  size="xs"
                  aria-label="Separator"
                  value={csv.separator}
                  onChange={(value) => change({ csv: { ...csv, separator: value as typeof csv.separator } })}
                  data={[
                    { value: ',', label: 'Comma' },
                    { value: ';', label: 'Semicolon' },
                    { value: '\t', label: 'Tab' },
                  ]}
                />
                <SegmentedControl
                  size="xs"
                  aria-label="Decimals"
                  value={csv.decimal}
                  onChange={(value) => change({ csv: { ...csv, decimal: value as typeof csv.decimal } })}
                  data={[
                    { value: '.', label: '12.50' },
                    { value: ',', label: '12,50' },
                  ]}
                />
              </>
            )}
          </div>
        </Part>
      )}
      <div className={classes.foot}>
        <Button type="submit" leftSection={<IconFileExport size={15} />} disabled={missing !== null || running}>
          Export…
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <span className={classes.hint} role="status">
          {running ? (isStarted ? 'Choose where it goes.' : 'Another export is under way.') : missing}
        </span>
      </div>
    </form>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={classes.part} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <div>{children}</div>
    </section>
  )
}

interface TablesProps {
  several: boolean
  tables: ExportTable[]
  onChange: (tables: ExportTable[]) => void
}

/** One table, or as sheets of a workbook several. */
function Tables({ several, tables, onChange }: TablesProps) {
  const toggle = (table: ExportTable) =>
    onChange(exportTables.filter((each) => tables.includes(each) !== (each === table)))
  if (several) {
    return (
      <div className={classes.columns}>
        {exportTables.map((table) => (
          <Checkbox
            key={table}
            size="xs"
            label={exportTableTitles[table]}
            checked={tables.includes(table)}
            onChange={() => toggle(table)}
          />
        ))}
      </div>
    )
  }
  return (
    <Radio.Group aria-label="Table" value={tables[0] ?? ''} onChange={(table) => onChange([table as ExportTable])}>
      <div className={classes.columns}>
        {exportTables.map((table) => (
          <Radio key={table} size="xs" value={table} label={exportTableTitles[table]} />
        ))}
      </div>
    </Radio.Group>
  )
}

function useExportSize(scope: ExportScope): ExportSize | undefined {
  const data = useData()
  const revision = useRevision()
  return useQuery({
    queryKey: ['export-size', scope, revision],
    queryFn: () => data.exportSize(scope),
    placeholderData: keepPreviousData,
  }).data
}

/** How many sessions have their details here, and a way to more. */
function DetailsHere({ scope, size }: { scope: ExportScope; size: ExportSize }) {
  const data = useData()
  const queryClient = useQueryClient()
  const online = useDataStatus((status) => status.connection === 'online')
  const [fetched, setFetched] = useState(0)
  const aborter = useRef<AbortController | null>(null)
  const wanted = Math.min(MAX_FETCHED, size.sessions - size.withDetails)
  const fetching = useMutation({
    mutationFn: async () => {
      setFetched(0)
      aborter.current = new AbortController()
      const outcome = await data.fetchDetails(scope, wanted, {
        signal: aborter.current.signal,
        onProgress: ({ rows }) => setFetched(rows),
      })
      await queryClient.invalidateQueries({ queryKey: ['export-size'] })
      if (!outcome.ok && outcome.code !== 'cancelled') throw new Error(outcome.message)
    },
  })
  return (
    <div className={classes.details}>
      <p className={classes.hint} data-testid="export-details">
        {wanted === 0
          ? 'The details of all of them are on this PC.'
          : `Details of ${size.withDetails.toLocaleString('en')} of ${counted(size.sessions, 'session')} are on this PC: the file holds those, and its name says so.`}
      </p>
      {wanted > 0 && (
        <div className={classes.row}>
          <Button
            variant="default"
            leftSection={<IconCloudDownload size={15} />}
            disabled={!online}
            loading={fetching.isPending}
            onClick={() => fetching.mutate()}
          >
            Fetch the {wanted < size.sessions - size.withDetails && 'next '}
            {wanted.toLocaleString('en')} missing
          </Button>
          {fetching.isPending && (
            <>
              <span className={classes.hint} role="status">
                {fetched.toLocaleString('en')} fetched
              </span>
              <Button variant="subtle" color="gray" onClick={() => aborter.current?.abort()}>
                Stop
              </Button>
            </>
          )}
          {!online && <span className={classes.hint}>The backend is not reached now.</span>}
        </div>
      )}
      {fetching.error !== null && <InlineError>{fetching.error.message}</InlineError>}
    </div>
  )
}

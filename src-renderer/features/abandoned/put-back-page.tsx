/** The page of `/put-back`: what lies around in the store and must go back, the fridge first. */
import { Button, Loader, SegmentedControl } from '@mantine/core'
import { useCallbackRef } from '@mantine/hooks'
import {
  type Icon,
  IconArrowBackUp,
  IconBarcode,
  IconBasketCheck,
  IconCheck,
  IconDatabaseOff,
  IconHistory,
  IconSnowflake,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { PastLimit, PutBackItem, PutBackList } from '../../data/abandoned-api.ts'
import { itemOutcomeLabels, itemOutcomes } from '../../ui/abandoned-words.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useMayDecide, useRevision, useStores } from '../../ui/data-context.ts'
import { formatExact, formatShort } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { listScope } from '../../ui/list-filters.ts'
import { Blank, InlineError, Pill, Toned } from '../../ui/parts.tsx'
import { PrintPage } from '../../ui/print-page.tsx'
import { useCommands } from '../../ui/shortcuts.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import { useScanner } from '../../ui/use-scanner.ts'
import { type LeftSpan, leftSpans, leftText, readLeft } from './abandoned-search.ts'
import { AbandonedTabs } from './abandoned-tabs.tsx'
import { PastLimitDialog } from './past-limit-dialog.tsx'
import { startOfPeriod } from './period.ts'
import {
  findScanned,
  groupItems,
  itemKey,
  lineDiscardAt,
  lineInTurn,
  type PutBackGroup,
  piecesOf,
  scanPiece,
  splitByRule,
  withoutLines,
  withSameItems,
} from './put-back-lines.ts'
import classes from './put-back-page.module.css'
import { PutBackTable } from './put-back-table.tsx'
import { type Done, type SaidOfLines, useSettling } from './use-settling.ts'

/** Minutes outside the fridge are told anew so often. */
const CLOCK_STEP_MS = 30_000
const GROUP = 'Put-back list'

/** What the last tick or scan did. */
interface LastWords {
  tone: 'ok' | 'warn' | 'bad'
  text: string
  icon: Icon
  /** It settled something. */
  isTick: boolean
}

/** `Oat milk: 2 pieces put back.` */
function settledWords({ name }: PutBackItem, parts: readonly SaidOfLines[]): LastWords {
  const said = parts.map(({ outcome, lines }) => {
    return `${counted(piecesOf(lines), 'piece')} ${itemOutcomeLabels[outcome].toLowerCase()}`
  })
  return { tone: 'ok', text: `${name}: ${said.join(', ')}.`, icon: IconCheck, isTick: true }
}

export function PutBackPage() {
  const left = readLeft(useSearch({ strict: false, select: (search) => search.left }))
  const data = useData()
  const revision = useRevision()
  const allStores = useStores()
  const chosen = useChosenStores()
  const mayDecide = useMayDecide()
  const scope = useMemo(() => listScope(allStores, chosen), [allStores, chosen])
  const nowMs = useNow(CLOCK_STEP_MS)
  const leftFrom = left === 'all' ? null : startOfPeriod(left, scope.zone, nowMs)
  const { data: list, isError } = useQuery({
    queryKey: ['put-back', chosen, left, nowMs, revision],
    queryFn: () => data.putBackList({ storeIds: [...chosen], leftFrom, nowMs }),
    placeholderData: keepPreviousData,
    structuralSharing: (before, next) => withSameItems(before as PutBackList | undefined, next as PutBackList),
  })
  const { settled, done, error, settle, correct, takeBack } = useSettling()
  const items = useMemo(() => withoutLines(list?.items ?? [], settled, nowMs), [list, settled, nowMs])
  const [scanned, setScanned] = useState<ReadonlyMap<string, number>>(new Map())
  const [lastScanned, setLastScanned] = useState<string | null>(null)
  const [lastWords, setLastWords] = useState<LastWords | null>(null)
  const page = useRef<HTMLDivElement>(null)

  const [asking, setAsking] = useState<Asking | null>(null)

  /** Goes on with an outcome of lines (null: as the rule has it), and asks before that puts back what the rule discards. */
  const choose = (item: PutBackItem, outcome: ItemOutcome | null, goOn: Asking['goOn']) => {
    const ruled = splitByRule(item, item.lines, serverNow())
    const isAgainst = outcome === 'put_back' && ruled.some((part) => part.outcome === 'discarded')
    if (isAgainst) setAsking({ item, ruled, goOn })
    else void goOn(outcome === null ? ruled : [{ outcome, lines: item.lines }])
  }
  const settleAndSay = async (item: PutBackItem, parts: readonly SaidOfLines[]) => {
    if (await settle(item, parts)) setLastWords(settledWords(item, parts))
  }
  const onSettle = useCallbackRef((item: PutBackItem, outcome: ItemOutcome | null) =>
    choose(item, outcome, (parts) => settleAndSay(item, parts)),
  )
  const onTakeBack = async (entries: readonly Done[]) => {
    const [first] = entries
    if (first === undefined || !(await takeBack(entries))) return
    const pieces = counted(
      entries.reduce((sum, { item }) => sum + piecesOf(item.lines), 0),
      'piece',
    )
    setLastWords({
      tone: 'warn',
      text: `${first.item.name}: ${pieces} on the list again.`,
      icon: IconArrowBackUp,
      isTick: false,
    })
  }
  /** What the last tick or scan settled. */
  const undo = () => void onTakeBack(done.filter(({ tick }) => tick === done[0]?.tick))
  const onCorrect = (done: Done, outcome: ItemOutcome) =>
    choose(done.item, outcome, async (parts) => {
      // The line above the list would go on saying what was said before; `U` undoes the tick that is the newest.
      if (await correct(done, parts)) setLastWords({ ...settledWords(done.item, parts), isTick: false })
    })
  const answer = ({ goOn }: Asking, parts: readonly SaidOfLines[]) => {
    setAsking(null)
    void goOn(parts)
  }
  useScanner(mayDecide, (code) => {
    const item = findScanned(items, code)
    if (item === undefined) {
      setLastWords({ tone: 'warn', text: `“${code}” is not on this list.`, icon: IconBarcode, isTick: false })
      return
    }
    const line = lineInTurn(item)
    const step = scanPiece(item, scanned.get(line) ?? 0)
    setScanned(new Map(scanned).set(line, step.scanned))
    setLastScanned(itemKey(item))
    if (step.settled === null) {
      const text = `${item.name}: ${step.scanned} of ${item.lines[0]?.quantity} pieces scanned.`
      setLastWords({ tone: 'ok', text, icon: IconBarcode, isTick: false })
      return
    }
    const parts = splitByRule(item, [step.settled], serverNow())
    const pieces = counted(step.settled.quantity, 'piece')
    setLastWords(
      parts[0]?.outcome === 'discarded'
        ? {
            ...settledWords(item, parts),
            tone: 'bad',
            text: `${item.name}: DISCARD ${pieces}. Too long outside the fridge.`,
          }
        : settledWords(item, parts),
    )
    void settle(item, parts)
  })
  useEffect(() => {
    if (lastScanned === null) return
    page.current?.querySelector('[data-scanned]')?.scrollIntoView({ block: 'nearest' })
  }, [lastScanned])

  const focusFirst = useCallbackRef(() => page.current?.querySelector<HTMLElement>('tr[data-item]')?.focus())
  const isThere = list !== undefined
  useEffect(() => {
    if (isThere) focusFirst()
  }, [isThere, focusFirst])
  useCommands([
    { id: 'put-back.rows', group: GROUP, text: 'Go to the list', keys: 'g', run: focusFirst },
    { id: 'put-back.undo', group: GROUP, text: 'Undo the last tick or scan', keys: 'u', run: undo },
    {
      id: 'put-back.correct',
      group: GROUP,
      text: 'Correct the last outcome',
      keys: 'shift+u',
      run: () => page.current?.querySelector<HTMLElement>('[data-done] input:checked')?.focus(),
    },
    { id: 'put-back.move', group: GROUP, text: 'Move', keys: 'arrowup arrowdown' },
    {
      id: 'put-back.tick',
      group: GROUP,
      text: 'Tick: put back, or discarded where the limit has passed',
      keys: 'space',
    },
    { id: 'put-back.back', group: GROUP, text: 'Put back', keys: 'p' },
    { id: 'put-back.discarded', group: GROUP, text: 'Discarded', keys: 'd' },
    { id: 'put-back.not-found', group: GROUP, text: 'Not found', keys: 'n' },
  ])

  const stores = scope.stores.filter((store) => items.some(({ storeId }) => storeId === store.id))
  const { drawn, isAll } = useDrawnRows(items)
  const names = stores.map(({ name }) => name).join(', ')
  return (
    <div ref={page} className={classes.page} data-testid="put-back">
      <AbandonedTabs>
        <PrintPage
          name={`floorwalker-put-back-${localDateOf(nowMs, scope.zone)}`}
          title={`Put-back list ${names}, ${formatExact(nowMs, scope.zone)}`}
          group={GROUP}
          disabled={items.length === 0 || !isAll}
        />
      </AbandonedTabs>
      <Head list={list} items={items} left={left} />
      {lastWords !== null && (
        <p className={classes.scan} role="status" data-tone={lastWords.tone} data-testid="last-tick">
          <Toned tone={lastWords.tone} icon={lastWords.icon}>
            {lastWords.text}
          </Toned>
          {lastWords.isTick && done.length > 0 && (
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconArrowBackUp size={14} />}
              rightSection={<kbd aria-hidden>U</kbd>}
              onClick={undo}
            >
              Undo
            </Button>
          )}
        </p>
      )}
      {error !== null && (
        <div className={classes.notice}>
          <InlineError>{error}</InlineError>
        </div>
      )}
      <div className={classes.content}>
        {isError && (
          <Blank icon={IconDatabaseOff} title="The list could not be read">
            <p>The console’s storage did not answer. It is asked again with the next change.</p>
          </Blank>
        )}
        {list === undefined && !isError && (
          <div className={classes.waiting} role="status">
            <Loader size="sm" aria-hidden /> Reading the baskets…
          </div>
        )}
        {list !== undefined && items.length === 0 && <NothingLeft list={list} left={left} />}
        {stores.map((store) => (
          <section key={store.id} className={classes.store} aria-label={store.name}>
            <StoreHead
              store={store}
              items={items.filter(({ storeId }) => storeId === store.id)}
              isOnly={scope.stores.length === 1}
              nowMs={nowMs}
            />
            <PutBackTable
              groups={groupsOf(drawn, store)}
              store={store}
              mayDecide={mayDecide}
              nowMs={nowMs}
              scanned={scanned}
              lastScanned={lastScanned}
              onSettle={onSettle}
            />
          </section>
        ))}
        {done.length > 0 && (
          <DoneHere done={done} zone={scope.zone} nowMs={nowMs} onCorrect={onCorrect} onTakeBack={onTakeBack} />
        )}
      </div>
      {asking !== null && (
        <PastLimitDialog
          goods={[pastLimitOf(asking)]}
          nowMs={nowMs}
          onRule={() => answer(asking, asking.ruled)}
          onPutBack={() => answer(asking, [{ outcome: 'put_back', lines: asking.item.lines }])}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}

/** Lines that are to go back though the rule discards some of them. */
interface Asking {
  item: PutBackItem
  /** What the rule makes of them. */
  ruled: readonly SaidOfLines[]
  goOn: (parts: readonly SaidOfLines[]) => Promise<void>
}

function pastLimitOf({ item, ruled }: Asking): PastLimit {
  const over = ruled.find(({ outcome }) => outcome === 'discarded')?.lines ?? []
  // Longest out first, as on the list.
  const scannedAt = over[0]?.scannedAt ?? item.scannedAt
  const discardAt = lineDiscardAt(item, { scannedAt }) ?? scannedAt
  return { storeId: item.storeId, name: item.name, quantity: piecesOf(over), scannedAt, discardAt }
}

const groupsOf = (items: readonly PutBackItem[], store: StoreSettings): PutBackGroup[] =>
  groupItems(items.filter(({ storeId }) => storeId === store.id))

/** Rows of the first picture, and how many more come with each pause. */
const FIRST_ROWS = 36
const MORE_ROWS = 36

/** The rows that are drawn: a screenful at once, the others in pauses, so that a long list is there as soon as a short one. */
function useDrawnRows(items: readonly PutBackItem[]): { drawn: readonly PutBackItem[]; isAll: boolean } {
  const [limit, setLimit] = useState(FIRST_ROWS)
  const isAll = items.length <= limit
  useEffect(() => {
    if (isAll) return
    const idle = requestIdleCallback(() => setLimit(limit + MORE_ROWS), { timeout: 500 })
    return () => cancelIdleCallback(idle)
  }, [isAll, limit])
  const drawn = useMemo(() => (isAll ? items : items.slice(0, limit)), [items, isAll, limit])
  return { drawn, isAll }
}

interface HeadProps {
  list: PutBackList | undefined
  items: readonly PutBackItem[]
  left: LeftSpan
}

/** How much it is, what of it is cold, and of which baskets. */
function Head({ list, items, left }: HeadProps) {
  const navigate = useNavigate()
  const cold = items.filter(({ storage }) => storage !== 'ambient')
  const overdue = items.reduce((sum, each) => sum + each.overdue, 0)
  const values = new Map<string, number>()
  for (const { currency, value } of items) values.set(currency, (values.get(currency) ?? 0) + value)
  return (
    <div className={classes.head}>
      <h1>Put back</h1>
      {list !== undefined && (
        <p data-testid="put-back-sums">
          <strong>{counted(piecesOf(items), 'piece')}</strong> from {counted(list.baskets, 'basket')}
          {[...values].map(([currency, value]) => ` · ${formatMoney(value, currency)}`)}
        </p>
      )}
      {cold.length > 0 && (
        <Pill tone="accent" icon={IconSnowflake}>
          {piecesOf(cold)} cold
        </Pill>
      )}
      {overdue > 0 && <Pill tone="bad">{overdue} to discard</Pill>}
      {list !== undefined && !list.complete && (
        <Toned tone="warn" icon={IconHistory}>
          so far: this PC still reads its history
        </Toned>
      )}
      {list !== undefined && list.withoutDetails > 0 && (
        <Toned tone="warn">{counted(list.withoutDetails, 'basket')} more whose items are not on this PC</Toned>
      )}
      <SegmentedControl
        className={classes.period}
        size="xs"
        aria-label="Left"
        value={left}
        onChange={(next) =>
          void navigate({ to: '/put-back', search: { left: next === '7d' ? undefined : next }, replace: true })
        }
        data={leftSpans.map((each) => ({ value: each, label: leftText(each) }))}
      />
    </div>
  )
}

interface StoreHeadProps {
  store: StoreSettings
  items: readonly PutBackItem[]
  isOnly: boolean
  nowMs: number
}

/** The name of a store where there are several; on paper always, with the time and what is on the list. */
function StoreHead({ store, items, isOnly, nowMs }: StoreHeadProps) {
  const baskets = new Set(items.flatMap(({ lines }) => lines.map(({ sessionId }) => sessionId)))
  return (
    <div className={classes.storeHead} data-only={isOnly || undefined}>
      <h2>{store.name}</h2>
      <p className={classes.screenLine}>{counted(piecesOf(items), 'piece')}</p>
      <p className={classes.paperLine}>
        Put-back list · {formatExact(nowMs, store.timezone)} · {counted(piecesOf(items), 'piece')} from{' '}
        {counted(baskets.size, 'basket')}
      </p>
    </div>
  )
}

function NothingLeft({ list, left }: { list: PutBackList; left: LeftSpan }) {
  const navigate = useNavigate()
  if (!list.complete)
    return (
      <div className={classes.waiting} role="status">
        <Loader size="sm" aria-hidden /> Reading this PC’s history…
      </div>
    )
  return (
    <Blank icon={IconBasketCheck} title="Nothing is left to put back">
      {list.withoutDetails > 0 && <p>As far as this PC knows: of some baskets it does not have the items.</p>}
      {left !== 'all' && (
        <div>
          <Button
            variant="default"
            onClick={() => void navigate({ to: '/put-back', search: { left: 'all' }, replace: true })}
          >
            Look at any time
          </Button>
        </div>
      )}
    </Blank>
  )
}

interface DoneHereProps {
  done: readonly Done[]
  zone: string
  nowMs: number
  onCorrect: (done: Done, outcome: ItemOutcome) => void
  onTakeBack: (done: readonly Done[]) => Promise<void>
}

/** What was ticked here since the console started; each can be said otherwise, or taken back. */
function DoneHere({ done, zone, nowMs, onCorrect, onTakeBack }: DoneHereProps) {
  return (
    <section className={classes.done} aria-label="Done here" data-testid="put-back-done">
      <h2>
        Done here <kbd aria-hidden>Shift U</kbd>
      </h2>
      <ul>
        {done.map((each) => (
          <li key={each.id} data-done>
            <span className={classes.pieces}>{piecesOf(each.item.lines)}</span>
            <span className={classes.name}>{each.item.name}</span>
            <span className={classes.soft}>{formatShort(each.at, zone, nowMs)}</span>
            <SegmentedControl
              size="xs"
              aria-label={`What became of ${each.item.name}`}
              value={each.outcome}
              onChange={(outcome) => {
                const chosen = itemOutcomes.find((known) => known === outcome)
                if (chosen !== undefined) onCorrect(each, chosen)
              }}
              data={itemOutcomes.map((outcome) => ({ value: outcome, label: itemOutcomeLabels[outcome] }))}
            />
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={`Take back: ${each.item.name}`}
              onClick={() => void onTakeBack([each])}
            >
              Take back
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The page of `/problem-products`: what is left behind, missed in checks and taken out again most often. */
import { Button, Loader, SegmentedControl, TextInput } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowUp,
  IconFileExport,
  IconPlayerStop,
  IconRefresh,
  IconSearch,
  IconTags,
} from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { ProblemProducts, ProductTrouble } from '../../data/abandoned-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { csvDialectOf } from '../../ui/csv-dialect.ts'
import { useData, useStores } from '../../ui/data-context.ts'
import { formatShort, formatSpan } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { Blank, InlineError, Section, Toned } from '../../ui/parts.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import { tableCsv } from '../../ui/table-csv.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import { AbandonedTabs } from './abandoned-tabs.tsx'
import { percentWords } from './exit-words.ts'
import { FetchMissing } from './fetch-missing.tsx'
import { periodPhrase, wholeDays } from './period.ts'
import { PeriodChoice } from './period-choice.tsx'
import classes from './problem-lists.module.css'
import {
  findProducts,
  hasShares,
  type Measure,
  type ProductSort,
  productCsvRow,
  productCsvTitles,
  type RankBy,
  rankProducts,
  shareOf,
} from './product-ranking.ts'

const STEP = 100

export function ProblemProductsPage() {
  const storeIds = useChosenStores()
  const chosen = useSearch({ strict: false, select: (search) => search.period })
  const period = chosen === '30d' ? '30d' : '7d'
  const data = useData()
  const queryClient = useQueryClient()
  const zone = useStores().find((store) => storeIds.length === 0 || storeIds.includes(store.id))?.timezone ?? 'UTC'
  const { from, to } = wholeDays(period, zone, useNow(60_000))
  // Reads every document of the period: asked once, and again when the person says so, not with every change.
  const queryKey = ['problem-products', storeIds, from, to]
  const {
    data: found,
    error,
    isFetching,
    dataUpdatedAt,
    refetch,
  } = useQuery({
    queryKey,
    queryFn: async () => ({ ...(await data.problemProducts({ storeIds, from, to })), asOf: serverNow() }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const again = () => void refetch()
  const stop = () => void queryClient.cancelQueries({ queryKey })
  useCommands([{ id: 'products.again', group: 'Problem products', text: 'Count again', icon: IconRefresh, run: again }])
  return (
    <div className={classes.room}>
      <AbandonedTabs>
        <PeriodChoice value={period} choices={['7d', '30d']} />
      </AbandonedTabs>
      <div className={classes.page} data-testid="problem-products">
        <div className={classes.head}>
          <h1>Problem products</h1>
          <p data-testid="counted">
            {found !== undefined && <CountedWords found={found} phrase={periodPhrase(period)} />}
          </p>
        </div>
        {found !== undefined && found.counted < found.sessions && (
          <FetchMissing
            storeIds={storeIds}
            from={from}
            to={to}
            missing={found.sessions - found.counted}
            onDone={again}
          />
        )}
        {error !== null && <InlineError>The products could not be counted: {error.message}</InlineError>}
        {isFetching && <Counting key={dataUpdatedAt} stop={stop} />}
        {!isFetching && found === undefined && error === null && (
          <div className={classes.counting}>
            <span>Not counted.</span>
            <Button variant="default" onClick={again}>
              Count
            </Button>
          </div>
        )}
        {!isFetching && found !== undefined && found.products.length === 0 && (
          <Blank icon={IconTags} title="No product stands out">
            <p>
              Nothing of the baskets counted here was left behind, missed in a check or taken out again.{' '}
              {found.counted < found.sessions && 'Baskets whose details are not on this PC are not among them.'}
            </p>
          </Blank>
        )}
        {!isFetching && found !== undefined && found.products.length > 0 && (
          <Products found={found} zone={zone} again={again} />
        )}
      </div>
    </div>
  )
}

function CountedWords({ found: { sessions, counted: read }, phrase }: { found: ProblemProducts; phrase: string }) {
  if (read === sessions) return `counted in ${counted(sessions, 'session')} ${phrase}`
  return (
    <Toned tone="warn">
      counted in {read.toLocaleString('en')} of {counted(sessions, 'session')} {phrase}: details of the others are not
      on this PC{!hasShares({ counted: read, sessions }) && ', so shares would mislead'}
    </Toned>
  )
}

function Counting({ stop }: { stop: () => void }) {
  const [from] = useState(serverNow)
  const now = useNow()
  return (
    <div className={classes.counting} role="status">
      <Loader size="sm" />
      <span>Reading the baskets on this PC… {now - from > 2_000 && formatSpan(now - from)}</span>
      <Button variant="default" leftSection={<IconPlayerStop size={15} />} onClick={stop}>
        Stop
      </Button>
    </div>
  )
}

const columns: { sort: ProductSort; text: string; number: boolean }[] = [
  { sort: 'name', text: 'Product', number: false },
  { sort: 'department', text: 'Department', number: false },
  { sort: 'baskets', text: 'Baskets with it', number: true },
  { sort: 'abandonedBaskets', text: 'Left behind', number: true },
  { sort: 'abandonedValue', text: 'Value left', number: true },
  { sort: 'missedInChecks', text: 'Missed in checks', number: true },
  { sort: 'removedFrom', text: 'Taken out again', number: true },
]

interface ProductsProps {
  found: ProblemProducts & { asOf: number }
  zone: string
  again: () => void
}

function Products({ found, zone, again }: ProductsProps) {
  const { sort, by: wantedBy } = useSearch({ strict: false, select: readRanking })
  const withShares = hasShares(found)
  const by = withShares ? wantedBy : 'count'
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [shown, setShown] = useState(STEP)
  const now = useNow(60_000)
  const ranked = useMemo(
    () => rankProducts(findProducts(found.products, text), sort, by),
    [found.products, text, sort, by],
  )
  const rank = (change: { sort?: ProductSort; by?: RankBy }) =>
    void navigate({ to: '.', search: (search) => ({ ...search, ...change }), replace: true })
  const exportCsv = () => {
    const name = `floorwalker-problem-products-of-${found.counted}-of-${found.sessions}-sessions-${localDateOf(found.asOf, zone)}.csv`
    saveFile(
      tableCsv(
        name,
        productCsvTitles,
        ranked.map((product) => productCsvRow(product, withShares)),
        csvDialectOf(navigator.language),
      ),
    )
  }
  useCommands([
    { id: 'products.csv', group: 'Problem products', text: 'Export CSV…', icon: IconFileExport, run: exportCsv },
  ])
  return (
    <Section
      title={counted(ranked.length, 'product')}
      aside={`as of ${formatShort(found.asOf, zone, now)}`}
      testId="product-table"
    >
      <div className={classes.tools}>
        <TextInput
          aria-label="Find a product"
          placeholder="Name, SKU or department"
          leftSection={<IconSearch size={14} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {withShares && (
          <SegmentedControl
            size="xs"
            aria-label="Rank by"
            value={by}
            onChange={(value) => rank({ by: value as RankBy })}
            data={[
              { value: 'count', label: 'Rank by how often' },
              { value: 'share', label: 'by share of its baskets' },
            ]}
          />
        )}
        <Button variant="subtle" leftSection={<IconRefresh size={15} />} onClick={again}>
          Count again
        </Button>
        <Button variant="default" leftSection={<IconFileExport size={15} />} onClick={exportCsv}>
          Export CSV…
        </Button>
      </div>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.sort}
                scope="col"
                data-number={column.number || undefined}
                aria-sort={column.sort === sort ? (column.number ? 'descending' : 'ascending') : 'none'}
              >
                <button type="button" className={classes.sort} onClick={() => rank({ sort: column.sort })}>
                  {column.text} {column.sort === sort && <Direction down={column.number} />}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ranked.slice(0, shown).map((product) => (
            <Row key={JSON.stringify([product.sku, product.currency])} product={product} withShares={withShares} />
          ))}
        </tbody>
      </table>
      {ranked.length > shown && (
        <Button variant="default" m="xs" onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, ranked.length - shown)} more of {counted(ranked.length - shown, 'product')}
        </Button>
      )}
    </Section>
  )
}

const Direction = ({ down }: { down: boolean }) =>
  down ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />

function readRanking(search: { sort?: unknown; by?: unknown }): { sort: ProductSort; by: RankBy } {
  const known = columns.find(({ sort }) => sort === search.sort)
  return { sort: known?.sort ?? 'abandonedBaskets', by: search.by === 'share' ? 'share' : 'count' }
}

function Row({ product, withShares }: { product: ProductTrouble; withShares: boolean }) {
  return (
    <tr data-testid="product" data-sku={product.sku}>
      <th scope="row">
        <span className={classes.name}>{product.name}</span> <span className={classes.share}>{product.sku}</span>
      </th>
      <td>{product.department ?? <span className={classes.soft}>—</span>}</td>
      <td data-number>{product.baskets.toLocaleString('en')}</td>
      <Measured product={product} measure="abandonedBaskets" withShare={withShares}>
        {product.abandonedPieces !== product.abandonedBaskets && ` · ${counted(product.abandonedPieces, 'piece')}`}
      </Measured>
      <td data-number>{product.abandonedValue > 0 ? formatMoney(product.abandonedValue, product.currency) : '—'}</td>
      <Measured product={product} measure="missedInChecks" withShare={withShares} />
      <Measured product={product} measure="removedFrom" withShare={withShares} />
    </tr>
  )
}

interface MeasuredProps {
  product: ProductTrouble
  measure: Measure
  withShare: boolean
  children?: ReactNode
}

function Measured({ product, measure, withShare, children }: MeasuredProps) {
  const share = withShare ? shareOf(product, measure) : null
  const count = product[measure]
  return (
    <td data-number>
      {count.toLocaleString('en')}
      {count > 0 && (
        <span className={classes.share}>
          {share !== null && ` · ${percentWords(share)}`}
          {children}
        </span>
      )}
    </td>
  )
}

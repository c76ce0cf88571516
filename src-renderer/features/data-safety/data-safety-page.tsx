/** The page of `/data-safety`: is what was decided here safe, and how would one know? For supervisors and for IT. */
import { Loader } from '@mantine/core'
import { type Icon, IconAlertCircle, IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { DataSafety, DataStatus } from '../../data/data-api.ts'
import { useData, useDataStatus, useRevision, useStores } from '../../ui/data-context.ts'
import { clockWords } from '../../ui/format-time.ts'
import { InlineError, RelativeTime, Section } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import classes from './data-safety.module.css'
import { Incidents } from './incidents.tsx'
import { IntegrityCheck } from './integrity-check.tsx'
import { KeptOnThisPc } from './kept-on-this-pc.tsx'
import { type SafetyVerdict, safetyVerdict } from './safety-verdict.ts'
import { StoreCopies } from './store-copies.tsx'
import { SupportBundle } from './support-bundle.tsx'
import { UnsentDecisions } from './unsent-decisions.tsx'

/** Free disk and the journal change without a new revision. */
const REFRESH_MS = 10_000

export function DataSafetyPage() {
  const data = useData()
  const revision = useRevision()
  const status = useDataStatus()
  const { data: local } = useQuery({ queryKey: ['local-info'], queryFn: () => data.localInfo() })
  const { data: safety, error } = useQuery({
    queryKey: ['data-safety', revision],
    queryFn: () => data.dataSafety(),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  })

  return (
    <div className={classes.page} data-testid="data-safety">
      <div className={classes.head}>
        <h1>Data safety</h1>
        <p>
          {local ? `${local.deviceName} · Floorwalker ${local.appVersion}` : 'This browser'}
          {' · all stores, whichever are chosen above'}
        </p>
      </div>
      {error !== null && (
        <InlineError>
          The console’s storage could not be read: {error.message}. It is asked again every few seconds
          {safety !== undefined && '; what is shown may be old'}.
        </InlineError>
      )}
      {safety === undefined ? (
        error === null && (
          <div className={classes.loading}>
            <Loader size="sm" role="status" aria-label="Reading the state of this PC" />
          </div>
        )
      ) : (
        <Cards safety={safety} status={status} />
      )}
    </div>
  )
}

function Cards({ safety, status }: { safety: DataSafety; status: DataStatus }) {
  const now = useNow(10_000)
  return (
    <>
      <VerdictLine verdict={safetyVerdict(status, safety, now)} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <UnsentDecisions safety={safety} />
          <StoreCopies stores={safety.stores} />
          <IntegrityCheck stores={safety.stores} last={safety.lastIntegrityCheck} />
          <Incidents incidents={safety.incidents} />
        </div>
        <div className={classes.column}>
          <KeptOnThisPc safety={safety} />
          <Clock clock={safety.clock} />
          <SupportBundle />
        </div>
      </div>
    </>
  )
}

const verdictIcons: Record<SafetyVerdict['tone'], Icon> = {
  ok: IconShieldCheck,
  warn: IconAlertCircle,
  bad: IconAlertTriangle,
}

function VerdictLine({ verdict }: { verdict: SafetyVerdict }) {
  const VerdictIcon = verdictIcons[verdict.tone]
  return (
    <div className={classes.verdict} data-tone={verdict.tone} role="status" data-testid="safety-verdict">
      <VerdictIcon size={30} stroke={1.6} aria-hidden />
      <div>
        <strong>{verdict.headline}</strong>
        {verdict.details.map((detail) => (
          <p key={detail}>{detail}</p>
        ))}
      </div>
    </div>
  )
}

function Clock({ clock }: { clock: DataSafety['clock'] }) {
  const zone = useStores()[0]?.timezone ?? 'UTC'
  return (
    <Section
      title="Clock"
      aside={
        clock.measuredAt === null ? (
          clock.offsetMs === 0 ? (
            'not measured yet'
          ) : (
            'measured before the last start'
          )
        ) : (
          <>
            measured <RelativeTime at={clock.measuredAt} zone={zone} />
          </>
        )
      }
    >
      <p className={classes.text}>
        {clock.measuredAt === null && clock.uncertaintyMs === null && clock.offsetMs === 0
          ? 'The backend’s time is measured at the first contact. Until then this device’s clock is taken as it is.'
          : clockWords(clock.offsetMs, clock.uncertaintyMs)}{' '}
        <span className={classes.soft}>
          Each decision keeps the offset it was taken with; durations come from a clock that cannot be set.
        </span>
      </p>
    </Section>
  )
}

/** Recount of this PC's copy against the backend's counts per day, with repair. */
import { Button, Loader } from '@mantine/core'
import { IconListCheck } from '@tabler/icons-react'
import { useIsMutating, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { DataSafety, IntegrityReport } from '../../data/data-api.ts'
import { useData, useDataStatus, useStores } from '../../ui/data-context.ts'
import { formatLocalDate, formatTimer } from '../../ui/format-time.ts'
import { counted, problemText } from '../../ui/labels.ts'
import { InlineError, Pill, RelativeTime, Section, Toned } from '../../ui/parts.tsx'
import { serverNow, useNow } from '../../ui/use-now.ts'
import classes from './data-safety.module.css'

const KEY = ['check-integrity']

interface IntegrityCheckProps {
  stores: DataSafety['stores']
  last: IntegrityReport | null
}

export function IntegrityCheck({ stores, last }: IntegrityCheckProps) {
  const data = useData()
  const queryClient = useQueryClient()
  const { connection, readOnly } = useDataStatus()
  const zone = useStores()[0]?.timezone ?? 'UTC'
  // Also one that was started before the person left this page and came back.
  const running = useIsMutating({ mutationKey: KEY }) > 0
  const check = useMutation({
    mutationKey: KEY,
    mutationFn: () => data.checkIntegrity(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['data-safety'] }),
  })
  const report = check.data ?? last
  const days = stores.reduce((sum, store) => sum + store.days, 0)
  const why = readOnly
    ? 'Not while this PC’s data is read only.'
    : connection === 'offline' || connection === 'connecting'
      ? 'Needs the backend: possible once this PC is online.'
      : null
  return (
    <Section
      title="Integrity check"
      aside={
        report === null ? (
          'never run on this PC'
        ) : (
          <>
            last run <RelativeTime at={report.at} zone={zone} />
          </>
        )
      }
    >
      <p className={classes.text} data-quiet>
        Counts what this PC holds against the backend, day by day, and fetches again what differs. Unsent decisions are
        not touched.
      </p>
      <div className={classes.buttons}>
        <Button
          variant="default"
          leftSection={<IconListCheck size={15} />}
          disabled={running || why !== null}
          onClick={() => check.mutate()}
        >
          Check now
        </Button>
        {running ? (
          <Running days={days} stores={stores.length} />
        ) : (
          why !== null && <span className={classes.soft}>{why}</span>
        )}
      </div>
      {check.error !== null && !running && <InlineError>The check broke off: {check.error.message}</InlineError>}
      <div role="status" data-testid="integrity-report">
        {report !== null && !running && <Report report={report} />}
      </div>
    </Section>
  )
}

function Running({ days, stores }: { days: number; stores: number }) {
  const [startedAt] = useState(serverNow)
  const now = useNow()
  return (
    <span className={classes.running} role="status">
      <Loader size={16} aria-hidden />
      <span>
        Comparing {counted(days, 'day')} of {counted(stores, 'store')}…
      </span>
      <span aria-hidden>{formatTimer(now - startedAt)}</span>
    </span>
  )
}

function Report({ report }: { report: IntegrityReport }) {
  const settings = useStores()
  const nameOf = (storeId: string) => settings.find((store) => store.id === storeId)?.name ?? storeId
  const { findings, unchecked, daysChecked, sessionsChecked, storesChecked } = report
  const unrepaired = findings.filter((finding) => !finding.repaired).length
  return (
    <>
      {storesChecked > 0 && (
        <p className={classes.text}>
          {findings.length === 0 ? (
            <Toned tone="ok">
              <strong>This PC and the backend agree</strong>
            </Toned>
          ) : (
            <Toned tone={unrepaired > 0 ? 'bad' : 'warn'}>
              <strong>
                {counted(findings.length, 'day')} differed
                {unrepaired === 0
                  ? ` and ${findings.length === 1 ? 'was' : 'were'} fetched again`
                  : `, ${unrepaired} could not be repaired yet`}
              </strong>
            </Toned>
          )}{' '}
          <span className={classes.soft}>
            {counted(sessionsChecked, 'session')} of {counted(daysChecked, 'day')} in {counted(storesChecked, 'store')}
          </span>
        </p>
      )}
      {findings.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className={classes.scroll} tabIndex={0} aria-label="Days that differed">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">Store</th>
                <th scope="col" data-number>
                  Here
                </th>
                <th scope="col" data-number>
                  Backend
                </th>
                <th scope="col" data-number>
                  Now
                </th>
              </tr>
            </thead>
            <tbody>
              {findings.map(({ storeId, date, here, there, repaired }) => (
                <tr key={JSON.stringify([storeId, date])}>
                  <th scope="row">{formatLocalDate(date)}</th>
                  <td>{nameOf(storeId)}</td>
                  <td data-number>{here.toLocaleString('en')}</td>
                  <td data-number>{there.toLocaleString('en')}</td>
                  <td data-number>
                    <Pill tone={repaired ? 'ok' : 'bad'}>{repaired ? 'repaired' : 'not repaired'}</Pill>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {unchecked.map(({ storeId, code }) => (
        <p key={storeId} className={classes.text}>
          <Toned tone="warn">{nameOf(storeId)} could not be checked.</Toned> {problemText(code)}
        </p>
      ))}
    </>
  )
}

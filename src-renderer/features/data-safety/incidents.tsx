/** What went wrong on this PC, newest first. */
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import type { Incident } from '../../data/data-api.ts'
import { useStores } from '../../ui/data-context.ts'
import { formatExact, formatShort } from '../../ui/format-time.ts'
import { Section } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import classes from './data-safety.module.css'
import { incidentWords } from './incident-words.ts'

export function Incidents({ incidents }: { incidents: Incident[] }) {
  const stores = useStores()
  const now = useNow(60_000)
  return (
    <Section title="Incidents" aside="what went wrong, and what the console did">
      {incidents.length === 0 ? (
        <p className={classes.text}>Nothing has gone wrong on this PC.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className={classes.scroll} tabIndex={0} aria-label="Incidents">
          <ul className={classes.incidents}>
            {incidents.map((incident) => {
              const store = stores.find((each) => each.id === incident.storeId)
              const zone = store?.timezone ?? stores[0]?.timezone ?? 'UTC'
              const { text, tone } = incidentWords(incident, store?.name ?? incident.storeId)
              const IncidentIcon = tone === 'plain' ? IconInfoCircle : IconAlertTriangle
              return (
                <li
                  key={JSON.stringify([incident.at, incident.kind, incident.storeId, incident.date])}
                  data-tone={tone}
                >
                  <IncidentIcon size={16} stroke={1.8} aria-hidden />
                  <span>{text}</span>
                  <time dateTime={new Date(incident.at).toISOString()} title={formatExact(incident.at, zone)}>
                    {formatShort(incident.at, zone, now)}
                  </time>
                </li>
              )
            })}
          </ul>
        </section>
      )}
    </Section>
  )
}

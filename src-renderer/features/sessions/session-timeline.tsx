/** What happened in a session, newest first. */
import { IconHourglassOff } from '@tabler/icons-react'
import { useMemo } from 'react'
import type { SessionEvent } from '#shared/protocol/session-document.ts'
import type { SessionView } from '../../data/data-api.ts'
import { formatClockSeconds, formatDay, formatExact } from '../../ui/format-time.ts'
import { counted, endReasonLabels } from '../../ui/labels.ts'
import { NotSent, SectionHead } from '../../ui/parts.tsx'
import classes from './session-page.module.css'
import { eventWords, wordsContext } from './timeline-words.ts'

/** Events in plain words; decisions that did not count name the winner, unsent ones say so. */
export function Timeline({ view, zone }: { view: SessionView; zone: string }) {
  const { document } = view
  const context = useMemo(() => wordsContext(document), [document])
  const unsent = new Set(view.unsent.map((each) => each.decision.id))
  const anomalies = new Map(document.anomalies.map((anomaly) => [anomaly.eventId, anomaly]))
  const days = useMemo(() => {
    const groups: { day: string; events: SessionEvent[] }[] = []
    for (const event of document.events.toReversed()) {
      const day = formatDay(Date.parse(event.at), zone)
      const last = groups.at(-1)
      if (last?.day === day) last.events.push(event)
      else groups.push({ day, events: [event] })
    }
    return groups
  }, [document, zone])
  const expired = document.endReason === 'expired_inactivity' || document.endReason === 'expired_midnight'

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.timeline} aria-label="Timeline" tabIndex={0}>
      <SectionHead title="Timeline" aside={counted(document.events.length, 'event')} />
      {expired && document.endedAt !== null && document.endReason !== null && (
        <ol>
          <li data-tone="warn">
            <IconHourglassOff size={16} stroke={1.8} aria-hidden />
            <span>Session {endReasonLabels[document.endReason]}</span>
            <time dateTime={document.endedAt} title={formatExact(Date.parse(document.endedAt), zone)}>
              {formatClockSeconds(Date.parse(document.endedAt), zone)}
            </time>
          </li>
        </ol>
      )}
      {days.map((group) => (
        <div key={group.day}>
          <h3>{group.day}</h3>
          <ol>
            {group.events.map((event) => {
              const { icon: EventIcon, tone, text, detail } = eventWords(event, context)
              const lost = event.verdict?.status === 'superseded' || event.verdict?.status === 'refused'
              const anomaly = anomalies.get(event.id)
              // A command that was overtaken by late facts stands all the same.
              const withoutEffect = lost || (anomaly !== undefined && anomaly.code !== 'overtaken')
              return (
                <li key={event.id} data-tone={withoutEffect ? 'bad' : anomaly === undefined ? tone : 'warn'}>
                  <EventIcon size={16} stroke={1.8} aria-hidden />
                  <span>
                    <span className={withoutEffect ? classes.struck : undefined}>{text}</span>
                    {detail !== undefined && <span className={classes.detail}>{detail}</span>}
                    {unsent.has(event.id) && <NotSent />}
                    {event.verdict?.status === 'superseded' && (
                      <strong className={classes.lost}>
                        Did not count: {event.verdict.by.name || 'a colleague'} was first
                        {event.verdict.at !== '' && ` at ${formatClockSeconds(Date.parse(event.verdict.at), zone)}`}
                      </strong>
                    )}
                    {event.verdict?.status === 'refused' && (
                      <strong className={classes.lost}>Did not count: {event.verdict.message}</strong>
                    )}
                    {anomaly !== undefined && (
                      <strong className={classes.lost}>
                        {withoutEffect ? 'Changed nothing: ' : ''}
                        {anomaly.message}
                      </strong>
                    )}
                  </span>
                  <time dateTime={event.at} title={formatExact(Date.parse(event.at), zone)}>
                    {formatClockSeconds(Date.parse(event.at), zone)}
                  </time>
                </li>
              )
            })}
          </ol>
        </div>
      ))}
    </section>
  )
}

/** The first line of the data-safety page: is everything this person decided safe and known to the backend? */
import type { DataSafety, DataStatus } from '../../data/data-api.ts'
import { formatAgo } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'

export interface SafetyVerdict {
  tone: 'ok' | 'warn' | 'bad'
  headline: string
  /** What else a person should know, most urgent first. */
  details: string[]
}

type Known = Pick<
  DataStatus,
  'unsent' | 'oldestUnsentAt' | 'unsentOfOthers' | 'connection' | 'signInNeeded' | 'readOnly' | 'lowDisk' | 'journalled'
>

/** @param nowMs server time, UTC milliseconds */
export function safetyVerdict(status: Known, safety: DataSafety, nowMs: number): SafetyVerdict {
  const { unsent, oldestUnsentAt, readOnly } = status
  const ofOthers = status.unsentOfOthers.reduce((sum, each) => sum + each.count, 0)
  const corruptLines = safety.journal?.corruptLines ?? 0
  const unrepaired = safety.lastIntegrityCheck?.findings.filter((finding) => !finding.repaired).length ?? 0
  const details: string[] = []

  if (readOnly)
    details.push(
      'The data on this PC was written by a newer Floorwalker. This one changes and sends nothing: update it.',
    )
  if (unsent > 0 && !readOnly) details.push(whenSent(status))
  if (unsent > 0 && !status.journalled)
    details.push('They are saved in this browser only: clearing its site data would remove them.')
  if (ofOthers > 0)
    details.push(
      `${counted(ofOthers, 'decision')} of ${status.unsentOfOthers.length === 1 ? `employee ${status.unsentOfOthers[0]?.employeeNumber}` : 'others'} ${ofOthers === 1 ? 'waits' : 'wait'} on this PC for the owner to sign in.`,
    )
  if (status.lowDisk)
    details.push('The disk of this PC is nearly full: updates are paused, decisions are still saved and sent.')
  if (corruptLines > 0)
    details.push(`${counted(corruptLines, 'line')} of the journal could not be read: see Incidents, and tell IT.`)
  if (unrepaired > 0)
    details.push(
      `${counted(unrepaired, 'day')} of history ${unrepaired === 1 ? 'differs' : 'differ'} from the backend: run the integrity check.`,
    )

  const waits = unsent === 1 ? 'decision waits' : 'decisions wait'
  const age =
    oldestUnsentAt === null
      ? ''
      : `${unsent === 1 ? ', taken' : ', the oldest taken'} ${formatAgo(oldestUnsentAt, nowMs)}`
  return {
    tone: readOnly || corruptLines > 0 ? 'bad' : unsent > 0 || details.length > 0 ? 'warn' : 'ok',
    headline:
      unsent > 0 ? `${unsent.toLocaleString('en')} ${waits} to be sent${age}` : 'Everything you decided is confirmed',
    details,
  }
}

function whenSent({ signInNeeded, connection, unsent }: Known): string {
  const [they, are] = unsent === 1 ? ['It', 'is'] : ['They', 'are']
  if (signInNeeded) return `${they} ${are} sent as soon as you have signed in again.`
  if (connection === 'offline' || connection === 'connecting')
    return `${they} ${are} sent, once and in order, as soon as the backend answers.`
  return `${they} ${are} on the way.`
}

/** Incidents of this PC in plain words: what happened, and what the console did about it. */

import type { Incident } from '../../data/data-api.ts'
import { formatLocalDate } from '../../ui/format-time.ts'
import { counted, type Tone } from '../../ui/labels.ts'

type Words = (count: number, place: string) => { text: string; tone: Tone }

const were = (count: number): string => (count === 1 ? 'was' : 'were')

const words: Record<Incident['kind'], Words> = {
  decisions_restored: (count) => ({
    text: `${counted(count, 'decision')} missing from the database ${were(count)} put back from the journal.`,
    tone: 'warn',
  }),
  decisions_adopted: (count) => ({
    text: `${counted(count, 'decision')} missing from the journal ${were(count)} written to it from the database.`,
    tone: 'warn',
  }),
  decisions_imported: (count) => ({
    text: `${counted(count, 'decision')} ${were(count)} taken over from a file of another PC.`,
    tone: 'plain',
  }),
  decisions_renumbered: (count) => ({
    text: `${counted(count, 'decision')} ${were(count)} numbered anew, because this PC’s numbering had been damaged. Each still counts once.`,
    tone: 'warn',
  }),
  decisions_offered_again: (count) => ({
    text: `${counted(count, 'confirmed decision')} ${were(count)} offered to the backend again. Each still counts once.`,
    tone: 'warn',
  }),
  decisions_unreadable: (count) => ({
    text: `${counted(count, 'decision')} in the database ${were(count)} damaged and could not be put back. Nothing was removed; ask for help with the support bundle.`,
    tone: 'bad',
  }),
  database_recreated: () => ({
    text: 'The database on this PC was gone or unreadable. It was filled again from the backend and the journal.',
    tone: 'bad',
  }),
  journal_damaged: (count) => ({
    text: `${counted(count, 'line')} of the journal could not be read and ${were(count)} set aside.`,
    tone: 'bad',
  }),
  backend_restored: () => ({
    text: 'The backend was restored from a backup. This PC fetched everything again.',
    tone: 'warn',
  }),
  block_corrupt: (_, place) => ({
    text: `History${place} was damaged on this PC; it is fetched again.`,
    tone: 'warn',
  }),
  block_repaired: (_, place) => ({
    text: `History${place} differed from the backend and was fetched again.`,
    tone: 'warn',
  }),
  storage_full: () => ({ text: 'This PC’s disk or storage quota was full.', tone: 'bad' }),
  details_removed: (count) => ({
    text: `Details of ${counted(count, 'old session')} ${were(count)} removed from this PC to make room; their history stays.`,
    tone: 'plain',
  }),
}

/** @param storeName name of the incident's store, where it is about one */
export function incidentWords(incident: Incident, storeName: string | undefined): { text: string; tone: Tone } {
  const day = incident.date === undefined ? '' : ` of ${formatLocalDate(incident.date)}`
  const store = storeName === undefined ? '' : ` in ${storeName}`
  return words[incident.kind](incident.count, `${day}${store}`)
}

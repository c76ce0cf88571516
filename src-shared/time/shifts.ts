/** A store's shifts on the calendar: which one an instant lies in, and from when to when one lasts. */
import { Temporal } from 'temporal-polyfill'
import type { StoreSettings } from '../protocol/store-settings.ts'
import { addDays, localDateOf } from './local-day.ts'

/** One shift of one day. */
export interface ShiftSpan {
  /** Store-local day (YYYY-MM-DD) on which it begins. */
  date: string
  name: string
  /** UTC milliseconds, included. */
  from: number
  /** UTC milliseconds, excluded: the beginning of the next one. */
  to: number
}

/** Days whose shifts are kept; a screen asks for a few weeks. */
const MAX_DAYS = 1_000

/**
 * The shifts of one store. Days on which the clocks change have shorter or longer shifts; one that lies within an hour that
 * is skipped has no length, and no instant lies in it.
 */
export class ShiftCalendar {
  readonly #zone: string
  readonly #shifts: StoreSettings['shifts']
  readonly #days = new Map<string, ShiftSpan[]>()
  #last: ShiftSpan | null = null

  constructor({ timezone, shifts }: Pick<StoreSettings, 'timezone' | 'shifts'>) {
    this.#zone = timezone
    this.#shifts = shifts.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  }

  /** The shift that holds an instant (UTC milliseconds); null where the store has none. */
  at(instantMs: number): ShiftSpan | null {
    if (this.#last !== null && instantMs >= this.#last.from && instantMs < this.#last.to) return this.#last
    const today = localDateOf(instantMs, this.#zone)
    const found = [...this.of(addDays(today, -1)), ...this.of(today)].findLast(({ from }) => from <= instantMs)
    if (found !== undefined) this.#last = found
    return found ?? null
  }

  /** The shift of a name that begins on a local day (YYYY-MM-DD); null where the store has none of this name. */
  find(date: string, name: string): ShiftSpan | null {
    return this.of(date).find((shift) => shift.name === name) ?? null
  }

  /** The shift that takes over from one. */
  next(shift: ShiftSpan): ShiftSpan | null {
    return this.at(shift.to)
  }

  /** The shift that handed over to one. */
  previous(shift: ShiftSpan): ShiftSpan | null {
    return this.at(shift.from - 1)
  }

  /** The shifts that begin on a local day (YYYY-MM-DD), in order. */
  of(date: string): readonly ShiftSpan[] {
    const known = this.#days.get(date)
    if (known !== undefined) return known
    const starts = this.#shifts.map(({ from }) => this.#startOf(date, from))
    const first = this.#shifts[0]
    const tomorrow = first === undefined ? 0 : this.#startOf(addDays(date, 1), first.from)
    const spans = this.#shifts.map(({ name }, index) => ({
      date,
      name,
      from: starts[index] as number,
      to: starts[index + 1] ?? tomorrow,
    }))
    if (this.#days.size >= MAX_DAYS) this.#days.clear()
    this.#days.set(date, spans)
    return spans
  }

  /** The first instant of a local day at which its clocks show this time or a later one. */
  #startOf(date: string, time: string): number {
    const asked = Temporal.PlainDateTime.from(`${date}T${time}`)
    const shown = asked.toZonedDateTime(this.#zone)
    if (shown.toPlainDateTime().equals(asked)) return shown.epochMilliseconds
    // Skipped: whatever lies in the gap begins at its end, which may be the very instant shown.
    return (shown.add({ nanoseconds: 1 }).getTimeZoneTransition('previous') ?? shown).epochMilliseconds
  }
}

/** Local time of many instants: the offset of a zone, looked up once per stretch between two changes of its clocks. */
import { Temporal } from 'temporal-polyfill'

/** From `from` (included) to `to` (excluded), UTC milliseconds, local time is UTC plus `offsetMs`. */
interface Stretch {
  from: number
  to: number
  offsetMs: number
}

export class ZoneOffsets {
  private readonly stretches: Stretch[] = []
  private last: Stretch = { from: 0, to: 0, offsetMs: 0 }

  /** @param zone IANA id */
  constructor(private readonly zone: string) {}

  /** Milliseconds that local time is ahead of UTC at an instant (UTC milliseconds). */
  at(instantMs: number): number {
    if (instantMs < this.last.from || instantMs >= this.last.to) this.last = this.stretchOf(instantMs)
    return this.last.offsetMs
  }

  private stretchOf(instantMs: number): Stretch {
    const known = this.stretches.find(({ from, to }) => instantMs >= from && instantMs < to)
    if (known !== undefined) return known
    // Clocks change at whole milliseconds; measured instants have fractions.
    const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(instantMs)).toZonedDateTimeISO(this.zone)
    const next = at.getTimeZoneTransition('next')
    // The last transition before the stretch's end; one at the instant itself counts.
    const inside = next === null ? at.add({ nanoseconds: 1 }) : next.subtract({ nanoseconds: 1 })
    const before = inside.getTimeZoneTransition('previous')
    const stretch = {
      from: before === null ? Number.NEGATIVE_INFINITY : before.epochMilliseconds,
      to: next === null ? Number.POSITIVE_INFINITY : next.epochMilliseconds,
      offsetMs: at.offsetNanoseconds / 1e6,
    }
    this.stretches.push(stretch)
    return stretch
  }
}

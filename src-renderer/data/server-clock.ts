/** Server time as this console estimates it, from round trips; a changed PC clock cannot bend it while it runs. */
import { timeResponseSchema } from '#shared/protocol/sync.ts'
import type { Clock } from '#shared/time/clock.ts'
import { callJson, type Fetch } from './transport.ts'

const SAMPLES = 5

export class ServerClock {
  private anchor: { server: number; monotonic: number; uncertaintyMs: number } | null = null

  constructor(
    private readonly clock: Clock,
    /** Offset kept from an earlier run, milliseconds; used until the first measurement. */
    private keptOffsetMs = 0,
  ) {}

  restore(offsetMs: number): void {
    this.keptOffsetMs = offsetMs
  }

  /** Estimated server time, UTC milliseconds. */
  now(): number {
    if (this.anchor === null) return this.clock.now() + this.keptOffsetMs
    return this.anchor.server + (this.clock.monotonic() - this.anchor.monotonic)
  }

  /** Estimated server time minus this device's wall clock, milliseconds. */
  offsetMs(): number {
    return Math.round(this.now() - this.clock.now())
  }

  /** The offset with what is known about it; null where it was not measured since the start. */
  reading(): { offsetMs: number; uncertaintyMs: number | null; measuredAt: number | null } {
    const { anchor } = this
    return {
      offsetMs: this.offsetMs(),
      uncertaintyMs: anchor === null ? null : Math.ceil(anchor.uncertaintyMs),
      measuredAt: anchor === null ? null : Math.round(anchor.server),
    }
  }

  /** Measures with several round trips; the fastest one is off by at most half its length. */
  async measure(fetch: Fetch): Promise<void> {
    let best: { server: number; monotonic: number; roundTrip: number } | null = null
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const sent = this.clock.monotonic()
      const { now } = await callJson(fetch, '/api/v1/time', timeResponseSchema)
      const received = this.clock.monotonic()
      const roundTrip = received - sent
      if (best === null || roundTrip < best.roundTrip) {
        best = { server: Date.parse(now) + roundTrip / 2, monotonic: received, roundTrip }
      }
    }
    if (best === null) return
    this.anchor = { server: best.server, monotonic: best.monotonic, uncertaintyMs: best.roundTrip / 2 }
  }
}

/** Server time for what runs on the screen: carried on by the monotonic clock, so a changed PC clock moves no timer. */
import type { Clock } from '#shared/time/clock.ts'

/** A wall clock and a monotonic one never run quite alike; more than this apart, one was set or the PC slept. */
const DRIFT_MS = 2_000

export class ShownClock {
  readonly #clock: Clock
  #anchor: { server: number; monotonic: number; offsetMs: number }

  constructor(clock: Clock, offsetMs = 0) {
    this.#clock = clock
    this.#anchor = { server: clock.now() + offsetMs, monotonic: clock.monotonic(), offsetMs }
  }

  /** Takes the data worker's latest word on server time minus this device's wall clock, milliseconds. */
  anchor(offsetMs: number): void {
    this.#anchor = { server: this.#clock.now() + offsetMs, monotonic: this.#clock.monotonic(), offsetMs }
  }

  /** Server time, UTC milliseconds. */
  now(): number {
    return this.#anchor.server + (this.#clock.monotonic() - this.#anchor.monotonic)
  }

  /**
   * True where the clocks of this PC have gone apart since the last word: its clock was set, or it slept while the
   * monotonic clock stood still. Only the server can say which.
   */
  drifted(): boolean {
    return Math.abs(this.#clock.now() + this.#anchor.offsetMs - this.now()) > DRIFT_MS
  }
}

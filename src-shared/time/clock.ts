/** Ports for time and identity: the only sources of "now" and of randomness in the project's code. */

export interface Clock {
  /** Wall clock, UTC milliseconds. */
  now(): number
  /** Milliseconds that only grow, unaffected by changes of the PC's clock. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

/** A fresh unique id. */
export type MintId = () => string

export const randomId: MintId = () => globalThis.crypto.randomUUID()

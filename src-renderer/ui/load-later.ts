/** Parts that are no part of a start, but must be there before a browser loses its backend. */

/** The first screen is there by then. */
const SETTLED_AFTER_MS = 2_000
const AT_LATEST_MS = 10_000

/** Loads a part in a quiet moment after the start; where that fails, it is loaded when it is needed. */
export function loadLater(load: () => Promise<unknown> | undefined): void {
  const quietly = () => void load()?.catch(() => undefined)
  setTimeout(() => requestIdleCallback(quietly, { timeout: AT_LATEST_MS }), SETTLED_AFTER_MS)
}

/** Makes the script of a violation shorter while it still breaks the same invariant. */
import type { Script, Step } from './script.ts'

/**
 * Drops steps, in halves first and one by one at last (delta debugging), then PCs that nothing needs.
 *
 * @param breaks whether a script still breaks the invariant
 * @param attempts runs it may cost
 */
export async function shrink(
  script: Script,
  breaks: (candidate: Script) => Promise<boolean>,
  attempts = 150,
): Promise<Script> {
  let best = script
  let left = attempts
  const tryOut = async (candidate: Script): Promise<boolean> => {
    if (left <= 0) return false
    left -= 1
    if (!(await breaks(candidate))) return false
    best = candidate
    return true
  }
  for (
    let size = Math.ceil(best.steps.length / 2);
    size >= 1 && left > 0;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    let again = true
    while (again && left > 0) {
      again = false
      for (let start = best.steps.length - size; start > -size && left > 0; start -= size) {
        const from = Math.max(0, start)
        if (await tryOut({ ...best, steps: without(best.steps, from, start + size) })) again = true
      }
      if (size > 1) break
    }
  }
  if (best.pcs.length > 1) await tryOut({ ...best, pcs: best.pcs.slice(0, -1) })
  if (best.stores > 1) await tryOut({ ...best, stores: 1 })
  for (const [index, pc] of best.pcs.entries()) {
    if (pc.windows > 1) await tryOut({ ...best, pcs: best.pcs.with(index, { ...pc, windows: 1 }) })
  }
  return best
}

/** Without a slice; the time that passed in it still passes. */
function without(steps: readonly Step[], from: number, to: number): Step[] {
  const dropped = steps.slice(from, to).reduce((sum, step) => sum + step.waitMs, 0)
  const before = steps.slice(0, from)
  const last = before.at(-1)
  if (last !== undefined) before[before.length - 1] = { ...last, waitMs: last.waitMs + dropped }
  return [...before, ...steps.slice(to)]
}

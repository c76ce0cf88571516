/** JSON of whatever content: compared whatever the order of its keys, and checked for what storages cannot hold. */
import { isStorableText } from './primitives.ts'

/** JSON with sorted keys; an absent, an undefined and a null field are the same. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
  return `{${fields.join(',')}}`
}

/** Whether objects and arrays nest deeper than `limit`; never recurses itself. */
export function nestsDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    const next: unknown[] = []
    for (const item of level) {
      if (typeof item === 'object' && item !== null) for (const child of Object.values(item)) next.push(child)
    }
    level = next
  }
  return false
}

/** Dotted path of the first text or key that no storage can hold, or null. Check the depth first. */
export function unstorableField(value: unknown, path: string[] = []): string | null {
  if (typeof value === 'string') return isStorableText(value) ? null : path.join('.')
  if (typeof value !== 'object' || value === null) return null
  for (const [key, child] of Object.entries(value)) {
    const found = isStorableText(key) ? unstorableField(child, [...path, key]) : path.join('.')
    if (found !== null) return found
  }
  return null
}

/** Sizes in words. */

const UNITS = ['kB', 'MB', 'GB', 'TB']

/** `0 bytes`, `512 bytes`, `12.3 kB`, `1.2 GB`: decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  let value = bytes / 1_000
  let unit = 0
  // 999.95 would be shown as 1000.0.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

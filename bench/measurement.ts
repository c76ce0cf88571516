/** What a benchmark gives. */
export interface Measurement {
  name: string
  value: number
  unit: string
}

export interface Benchmark {
  /** One line for the list. */
  about: string
  run(log: (line: string) => void): Promise<Measurement[]>
}

/** Middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (upper === undefined || lower === undefined) throw new Error('no values')
  return (upper + lower) / 2
}

/** The smallest value that at least `share` (0 to 1) of the values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (value === undefined) throw new Error('no values')
  return value
}

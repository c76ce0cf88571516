import { expect, it } from 'vitest'
import { formatBytes } from './format-bytes.ts'

it('writes sizes in units that a person compares at a glance', () => {
  expect([0, 1, 999, 1_000, 12_340, 999_960, 184_300_000, 84_200_000_000].map(formatBytes)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.0 kB',
    '12.3 kB',
    '1.0 MB',
    '184 MB',
    '84.2 GB',
  ])
})

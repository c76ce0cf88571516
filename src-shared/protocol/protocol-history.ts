/**
 * What the wire contract was and is: one line per change of its schemas, oldest first. A change that old readers ignore
 * keeps the version; one that an old reader or writer would stumble over raises `PROTOCOL_VERSION`, and
 * `MIN_PROTOCOL_VERSION` follows when the backend no longer speaks the old one. `wire-freeze.test.ts` computes the hash.
 */
export const protocolHistory: readonly { version: number; hash: string; change: string }[] = [
  { version: 1, hash: 'ac880129814619ee', change: 'first frozen state' },
  { version: 1, hash: 'a2be7375faf5fed9', change: 'blocks of several days in one answer' },
  {
    version: 1,
    hash: '897a5ebe927a701f',
    change: 'taking a check over, leases, settings of checks, what a spot check found, register of refusals',
  },
  { version: 1, hash: '14a415460ca3cab1', change: 'names of items that a spot check found' },
  {
    version: 1,
    hash: 'c6988e23d96dce6f',
    change: 'narrow integers of day blocks, not for consoles that ask for single days',
  },
  { version: 1, hash: 'dbaa9c4cdfebcbef', change: 'prevented loss of a session in day blocks' },
  {
    version: 1,
    hash: '72741bd147f1f161',
    change:
      'what became of the items of a basket, shifts, times to put back; furthest step, obstacle and checks in day blocks',
  },
  { version: 1, hash: '3565c906eed1c9ab', change: 'items put back one by one, notes and handover of shifts' },
  { version: 1, hash: '95db4eef8f756215', change: 'what one said of items of a basket can be taken back' },
]

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { JournalEntry } from '#shared/desktop-api.ts'
import { openDurableFolder } from './durable-folder.ts'
import { JOURNAL_FILE, Journal, JournalConflictError, JournalWriteError, type UnnumberedMutation } from './journal.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'journal-'))
  folders.push(folder)
  return folder
}

function mint(): () => string {
  let count = 0
  return () => `minted-${++count}`
}

function mutation(id: string): UnnumberedMutation {
  return {
    id,
    storeId: 'berlin',
    sessionId: 'session',
    type: 'note.add',
    occurredAt: '2026-03-01T09:30:00.000Z',
    payload: { text: `Grüße ${id}\n` },
  }
}

const seqs = (entries: JournalEntry[]) => entries.map((entry) => `${entry.employeeNumber}:${entry.mutation.seq}`)
const ids = (entries: JournalEntry[]) => entries.map((entry) => entry.mutation.id)

describe('on a real disk', () => {
  test('numbers per employee, answers a repeat with the same entry, keeps everything over a restart', async () => {
    const folder = await openDurableFolder(path.join(await temporaryFolder(), 'deep', 'journal'))
    const journal = await Journal.open({ folder, mintId: mint() })
    const first = await journal.append('1001', mutation('a'))
    await journal.append('1002', mutation('b'))
    await journal.append('1001', mutation('c'))
    expect(await journal.append('1001', mutation('a'))).toEqual(first)
    expect(seqs(journal.entries())).toEqual(['1001:1', '1002:1', '1001:2'])
    await journal.confirm(['a', 'unknown'])
    await journal.close()

    const again = await Journal.open({ folder, mintId: mint() })
    expect(again.report).toEqual({ tornBytes: 0, corruptLines: 0 })
    expect(ids(again.entries())).toEqual(['b', 'c'])
    expect(await again.device('1001')).toBe(first.deviceId)
    expect((await again.append('1001', mutation('d'))).mutation.seq).toBe(3)
    await again.close()
  })

  test('survives a cut at every byte of its last record', async () => {
    const directory = await temporaryFolder()
    const folder = await openDurableFolder(directory)
    const journal = await Journal.open({ folder, mintId: mint() })
    await journal.append('1001', mutation('a'))
    const file = path.join(directory, JOURNAL_FILE)
    const before = (await readFile(file)).length
    await journal.append('1001', mutation('b'))
    await journal.close()
    const whole = await readFile(file)
    for (let length = before; length <= whole.length; length++) {
      await writeFile(file, whole.subarray(0, length))
      const reopened = await Journal.open({ folder, mintId: () => `cut-${length}` })
      const isWhole = length === whole.length
      expect(ids(reopened.entries())).toEqual(isWhole ? ['a', 'b'] : ['a'])
      expect(reopened.report).toEqual({ tornBytes: isWhole ? 0 : length - before, corruptLines: 0 })
      if (!isWhole && length > before) {
        expect(await readFile(path.join(directory, `journal-cut-${length}.torn`))).toEqual(
          whole.subarray(before, length),
        )
      }
      expect((await reopened.append('1001', mutation('c'))).mutation.seq).toBe(isWhole ? 3 : 2)
      await reopened.close()
    }
  })

  test('sets a damaged line aside and numbers anew under new device ids', async () => {
    const directory = await temporaryFolder()
    const folder = await openDurableFolder(directory)
    const journal = await Journal.open({ folder, mintId: mint() })
    const { deviceId } = await journal.append('1001', mutation('a'))
    await journal.append('1001', mutation('b'))
    await journal.append('1001', mutation('c'))
    await journal.append('1002', mutation('d'))
    await journal.close()
    const file = path.join(directory, JOURNAL_FILE)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('Grüße b', 'Grüße B'))

    const damaged = await Journal.open({ folder, mintId: () => crypto.randomUUID() })
    expect(damaged.report).toEqual({ tornBytes: 0, corruptLines: 1 })
    expect(ids(damaged.entries()).sort()).toEqual(['a', 'c', 'd'])
    expect(seqs(damaged.entries()).sort()).toEqual(['1001:1', '1001:2', '1002:1'])
    const newDevice = await damaged.device('1001')
    expect(newDevice).not.toBe(deviceId)
    expect(damaged.entries().filter((entry) => entry.employeeNumber === '1001')).toSatisfy((entries: JournalEntry[]) =>
      entries.every((entry) => entry.deviceId === newDevice),
    )
    await damaged.close()
    // Once: the next start finds a whole file.
    const next = await Journal.open({ folder, mintId: mint() })
    expect(next.report.corruptLines).toBe(0)
    expect(await next.device('1001')).toBe(newDevice)
    await next.close()
  })
})

test('any bytes at all open as a journal that works', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const folder = new MemoryFolder()
      await folder.write(JOURNAL_FILE, bytes)
      const journal = await Journal.open({ folder, mintId: mint() })
      expect((await journal.append('1001', mutation('a'))).mutation.seq).toBe(1)
      const again = await Journal.open({ folder, mintId: mint() })
      expect(ids(again.entries())).toEqual(['a'])
    }),
    { numRuns: 200 },
  )
})

test('concurrent appends share a write and a sync', async () => {
  const folder = new MemoryFolder()
  const journal = await Journal.open({ folder, mintId: mint() })
  const before = folder.syncs
  const entries = await Promise.all(
    Array.from({ length: 50 }, (_, index) => journal.append(`100${index % 3}`, mutation(`m${index % 40}`))).map(
      (append) => append.catch((error: unknown) => error),
    ),
  )
  expect(folder.syncs - before).toBe(1)
  // m0…m9 come twice; those of another employee are refused, the others answer the same entry.
  expect(entries.slice(40).every((entry) => entry instanceof JournalConflictError)).toBe(true)
  for (const employee of ['1000', '1001', '1002']) {
    const own = journal.entries().filter((entry) => entry.employeeNumber === employee)
    expect(own.map((entry) => entry.mutation.seq)).toEqual(own.map((_, index) => index + 1))
  }
})

test('a full disk numbers nothing and leaves nothing half-written', async () => {
  const folder = new MemoryFolder()
  const journal = await Journal.open({ folder, mintId: mint() })
  await journal.append('1001', mutation('a'))
  folder.space = 40
  const failed = await journal.append('1001', mutation('b')).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(JournalWriteError)
  expect((failed as JournalWriteError).diskFull).toBe(true)
  expect(ids(journal.entries())).toEqual(['a'])
  folder.space = Number.POSITIVE_INFINITY
  expect((await journal.append('1001', mutation('c'))).mutation.seq).toBe(2)
  const again = await Journal.open({ folder, mintId: mint() })
  expect(again.report).toEqual({ tornBytes: 0, corruptLines: 0 })
  expect(ids(again.entries())).toEqual(['a', 'c'])
})

test('a failed sync and a failed cut after it are made good before the next append', async () => {
  const folder = new MemoryFolder()
  const journal = await Journal.open({ folder, mintId: mint() })
  await journal.append('1001', mutation('a'))
  folder.failSync = true
  folder.failTruncate = true
  await expect(journal.append('1001', mutation('b'))).rejects.toBeInstanceOf(JournalWriteError)
  await expect(journal.append('1001', mutation('b'))).rejects.toBeInstanceOf(JournalWriteError)
  folder.failSync = false
  folder.failTruncate = false
  expect((await journal.append('1001', mutation('b'))).mutation.seq).toBe(2)
  expect(ids((await Journal.open({ folder, mintId: mint() })).entries())).toEqual(['a', 'b'])
})

test('compaction keeps numbering and pending entries, and drops the rest', async () => {
  const folder = new MemoryFolder()
  const journal = await Journal.open({ folder, mintId: mint(), compactAfter: 3 })
  for (const id of ['a', 'b', 'c', 'd']) await journal.append('1001', mutation(id))
  const before = folder.peek(JOURNAL_FILE)?.length ?? 0
  await journal.confirm(['a', 'b', 'd'])
  const next = await journal.append('1001', mutation('e'))
  expect(next.mutation.seq).toBe(5)
  expect(folder.peek(JOURNAL_FILE)?.length).toBeLessThan(before)
  expect(folder.peek(JOURNAL_FILE)?.toString()).not.toContain('Grüße b')
  const again = await Journal.open({ folder, mintId: mint() })
  expect(seqs(again.entries())).toEqual(['1001:3', '1001:5'])
  expect(folder.names()).toEqual([JOURNAL_FILE])
})

test('all confirmed and compacted, the numbering goes on', async () => {
  const folder = new MemoryFolder()
  const journal = await Journal.open({ folder, mintId: mint(), compactAfter: 1 })
  const { deviceId } = await journal.append('1001', mutation('a'))
  await journal.confirm(['a'])
  await journal.close()
  const again = await Journal.open({ folder, mintId: mint() })
  expect(again.entries()).toEqual([])
  const entry = await again.append('1001', mutation('b'))
  expect(entry).toMatchObject({ deviceId, mutation: { seq: 2 } })
})

type Step =
  | { do: 'append'; employee: string; id: string }
  | { do: 'confirm'; ids: string[] }
  | { do: 'device'; employee: string }
  | { do: 'together'; employee: string; ids: string[] }

const employee = fc.constantFrom('1001', '1002', '1003')
const mutationId = fc.integer({ min: 0, max: 30 }).map((n) => `m${n}`)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), employee, id: mutationId }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('confirm' as const), ids: fc.array(mutationId, { maxLength: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('device' as const), employee }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('together' as const),
      employee,
      ids: fc.array(mutationId, { minLength: 1, maxLength: 5 }),
    }),
  },
)

test('a crash at any operation loses nothing that was answered, and no number is ever given twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ steps: fc.array(step, { maxLength: 14 }), crashAfter: fc.integer({ min: 0, max: 40 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 50 }),
      async (lives, choices) => {
        let choice = 0
        const pick = (below: number) => (choices[choice++ % choices.length] ?? 0) % below
        let folder = new MemoryFolder()
        const mintId = mint()
        const answered = new Map<string, JournalEntry>()
        const confirmed = new Set<string>()
        const devices = new Map<string, string>()
        /** Every number answered, and whose it was: the backend may have seen it. */
        const given = new Map<string, string>()
        const check = (journal: Journal, entry: JournalEntry) => {
          const { id } = entry.mutation
          // A confirmed one may have been compacted away, and is then a new decision.
          const known = answered.get(id)
          if (known !== undefined && !confirmed.has(id)) expect(entry).toEqual(known)
          const number = `${entry.deviceId}/${entry.mutation.seq}`
          expect(given.get(number) ?? id).toBe(id)
          given.set(number, id)
          answered.set(id, entry)
          if (ids(journal.entries()).includes(id)) confirmed.delete(id)
        }
        for (const { steps, crashAfter } of lives) {
          folder.stepsUntilCrash = Number.POSITIVE_INFINITY
          let journal = await Journal.open({ folder, mintId, compactAfter: 3 })
          expect(journal.report.corruptLines).toBe(0)
          const present = new Map(journal.entries().map((entry) => [entry.mutation.id, entry]))
          for (const [id, entry] of answered) if (!confirmed.has(id)) expect(present.get(id)).toEqual(entry)
          for (const [number, deviceId] of devices) expect(await journal.device(number)).toBe(deviceId)
          folder.stepsUntilCrash = crashAfter
          for (const one of steps) {
            try {
              if (one.do === 'append') check(journal, await journal.append(one.employee, mutation(one.id)))
              else if (one.do === 'device') devices.set(one.employee, await journal.device(one.employee))
              else if (one.do === 'confirm') {
                // Called is enough: whether it reached the disk or not, both are right.
                for (const id of one.ids) confirmed.add(id)
                await journal.confirm(one.ids)
              } else {
                const results = await Promise.allSettled(
                  one.ids.map((id) => journal.append(one.employee, mutation(id))),
                )
                for (const result of results) if (result.status === 'fulfilled') check(journal, result.value)
              }
            } catch (error) {
              if (!(error instanceof JournalConflictError) && !(error instanceof JournalWriteError)) throw error
            }
          }
          folder = folder.afterCrash(pick)
          // A crash while the journal is opened again.
          folder.stepsUntilCrash = pick(8)
          journal = await Journal.open({ folder, mintId, compactAfter: 3 }).catch(() => journal)
          folder = folder.afterCrash(pick)
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('a crash at every operation of a compaction', async () => {
  const build = async () => {
    const folder = new MemoryFolder()
    const journal = await Journal.open({ folder, mintId: mint(), compactAfter: 2 })
    for (const id of ['a', 'b', 'c']) await journal.append('1001', mutation(id))
    return { folder, journal }
  }
  for (let steps = 0; steps < 20; steps++) {
    for (const pick of [() => 0, (below: number) => below - 1]) {
      const { folder, journal } = await build()
      folder.stepsUntilCrash = steps
      await journal.confirm(['a', 'b']).catch(() => {})
      await journal.append('1001', mutation('d')).then(
        () => expect(steps).toBeGreaterThan(0),
        () => {},
      )
      const after = await Journal.open({ folder: folder.afterCrash(pick), mintId: mint() })
      expect(after.report.corruptLines).toBe(0)
      expect(ids(after.entries())).toContain('c')
      expect((await after.append('1001', mutation('e'))).mutation.seq).toBeGreaterThanOrEqual(4)
    }
  }
})

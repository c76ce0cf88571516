import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type JournalEntry, type UnnumberedMutation, unnumberedMutationSchema } from '#shared/desktop-api.ts'
import { openDurableFolder } from './durable-folder.ts'
import { JOURNAL_FILE, Journal, JournalConflictError, JournalReadOnlyError, JournalWriteError } from './journal.ts'
import { encodeRecord, type JournalRecord } from './journal-record.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_126)

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
  test('[DEC-3] numbers per employee, answers a repeat with the same entry, keeps everything over a restart', async () => {
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
    expect(again.report).toEqual({ tornBytes: 0, corruptLines: 0, readOnly: false })
    expect(ids(again.entries())).toEqual(['b', 'c'])
    expect(await again.device('1001')).toBe(first.deviceId)
    expect((await again.append('1001', mutation('d'))).mutation.seq).toBe(3)
    await again.close()
  })

  test('[REC-7] survives a cut at every byte of its last record', async () => {
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
      expect(reopened.report).toEqual({ tornBytes: isWhole ? 0 : length - before, corruptLines: 0, readOnly: false })
      if (!isWhole && length > before) {
        expect(await readFile(path.join(directory, `journal-cut-${length}.torn`))).toEqual(
          whole.subarray(before, length),
        )
      }
      expect((await reopened.append('1001', mutation('c'))).mutation.seq).toBe(isWhole ? 3 : 2)
      await reopened.close()
    }
  })

  test('[REC-7] sets a damaged line aside and numbers anew under new device ids', async () => {
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
    expect(damaged.report).toEqual({ tornBytes: 0, corruptLines: 1, readOnly: false })
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
    { seed, numRuns: 200 },
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
  expect(failed).toMatchObject({ cause: { code: 'ENOSPC' } })
  expect(ids(journal.entries())).toEqual(['a'])
  folder.space = Number.POSITIVE_INFINITY
  expect((await journal.append('1001', mutation('c'))).mutation.seq).toBe(2)
  const again = await Journal.open({ folder, mintId: mint() })
  expect(again.report).toEqual({ tornBytes: 0, corruptLines: 0, readOnly: false })
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
  | { do: 'renumber'; employee: string; ids: string[] }

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
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('renumber' as const),
      employee,
      ids: fc.array(mutationId, { maxLength: 4 }),
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
        const renumbered = (employeeNumber: string, entries: JournalEntry[]) => {
          for (const [id, entry] of answered) {
            if (entry.employeeNumber === employeeNumber && !confirmed.has(id)) expect(ids(entries)).toContain(id)
          }
          devices.delete(employeeNumber)
          for (const entry of entries) {
            answered.delete(entry.mutation.id)
            confirmed.delete(entry.mutation.id)
          }
          for (const [index, entry] of entries.entries()) {
            expect(entry).toMatchObject({
              employeeNumber,
              deviceId: entries[0]?.deviceId,
              mutation: { seq: index + 1 },
            })
          }
        }
        /** Employees whose renumbering got no answer: whole or not at all. */
        const uncertain = new Set<string>()
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
          for (const employeeNumber of uncertain) {
            const own = journal.entries().filter((entry) => entry.employeeNumber === employeeNumber)
            const isNew = own.some((entry) => entry.deviceId !== devices.get(employeeNumber))
            if (isNew) {
              renumbered(employeeNumber, own)
              for (const entry of own) check(journal, entry)
            }
            devices.delete(employeeNumber)
          }
          uncertain.clear()
          const present = new Map(journal.entries().map((entry) => [entry.mutation.id, entry]))
          for (const [id, entry] of answered) if (!confirmed.has(id)) expect(present.get(id)).toEqual(entry)
          for (const [number, deviceId] of devices) expect(await journal.device(number)).toBe(deviceId)
          folder.stepsUntilCrash = crashAfter
          for (const one of steps) {
            try {
              if (one.do === 'append') check(journal, await journal.append(one.employee, mutation(one.id)))
              else if (one.do === 'device') devices.set(one.employee, await journal.device(one.employee))
              else if (one.do === 'renumber') {
                devices.set(one.employee, await journal.device(one.employee))
                uncertain.add(one.employee)
                const entries = await journal.renumber(one.employee, one.ids.map(mutation))
                uncertain.delete(one.employee)
                expect(ids(entries)).toEqual(expect.arrayContaining(one.ids))
                renumbered(one.employee, entries)
                for (const entry of entries) check(journal, entry)
              } else if (one.do === 'confirm') {
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
              if (error instanceof JournalConflictError && one.do === 'renumber') uncertain.delete(one.employee)
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
    { seed, numRuns: 600 },
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

describe('renumbering', () => {
  const build = async (folder = new MemoryFolder()) => {
    const journal = await Journal.open({ folder, mintId: mint() })
    for (const id of ['a', 'b', 'c', 'd']) await journal.append('1001', mutation(id))
    await journal.append('1002', mutation('other'))
    await journal.confirm(['a', 'b'])
    return { folder, journal, before: journal.entries() }
  }

  test('adopted first, then what is pending, from 1 under a new device id; others keep theirs', async () => {
    const { folder, journal, before } = await build()
    const entries = await journal.renumber('1001', ['x', 'd', 'b', 'x'].map(mutation))
    expect(ids(entries)).toEqual(['x', 'd', 'b', 'c'])
    expect(seqs(entries)).toEqual(['1001:1', '1001:2', '1001:3', '1001:4'])
    const deviceId = await journal.device('1001')
    expect(before.map((entry) => entry.deviceId)).not.toContain(deviceId)
    expect(entries.every((entry) => entry.deviceId === deviceId)).toBe(true)
    const others = (all: JournalEntry[]) => all.filter((entry) => entry.employeeNumber === '1002')
    expect(others(journal.entries())).toEqual(others(before))
    expect((await journal.append('1001', mutation('e'))).mutation.seq).toBe(5)
    expect((await journal.append('1002', mutation('f'))).mutation.seq).toBe(2)
    const again = await Journal.open({ folder, mintId: mint() })
    expect(again.entries()).toEqual(journal.entries())
  })

  test('of an employee without decisions gives a new device id', async () => {
    const { journal } = await build()
    const old = await journal.device('1003')
    expect(await journal.renumber('1003', [])).toEqual([])
    expect(await journal.device('1003')).not.toBe(old)
    expect((await journal.append('1003', mutation('g'))).mutation.seq).toBe(1)
  })

  test('refuses the decision of another employee and changes nothing', async () => {
    const { journal, before, folder } = await build()
    const bytes = folder.peek(JOURNAL_FILE)
    await expect(journal.renumber('1001', [mutation('x'), mutation('other')])).rejects.toMatchObject({
      name: 'JournalConflictError',
      field: 'adopt.1.id',
    })
    expect(journal.entries()).toEqual(before)
    expect(folder.peek(JOURNAL_FILE)).toEqual(bytes)
  })

  test('takes its turn among appends and confirmations that come together', async () => {
    const { folder, journal } = await build()
    const [first, , renumbered, second] = await Promise.all([
      journal.append('1001', mutation('e')),
      journal.confirm(['c']),
      journal.renumber('1001', [mutation('x')]),
      journal.append('1001', mutation('f')),
      journal.confirm(['x']),
      journal.append('1002', mutation('g')),
    ])
    expect(first.mutation.seq).toBe(5)
    expect(ids(renumbered)).toEqual(['x', 'd', 'e'])
    expect(second).toMatchObject({ deviceId: renumbered[0]?.deviceId, mutation: { seq: 4 } })
    const again = await Journal.open({ folder, mintId: mint() })
    expect(again.entries()).toEqual(journal.entries())
    expect(seqs(again.entries()).sort()).toEqual(['1001:2', '1001:3', '1001:4', '1002:1', '1002:2'])
  })

  test('[PUSH-5] a crash at any operation leaves all of it or nothing', async () => {
    const wanted = await build().then(({ journal }) => journal.renumber('1001', [mutation('x'), mutation('a')]))
    const found = new Set<string>()
    for (let steps = 0; steps < 20; steps++) {
      for (const pick of [() => 0, (below: number) => below - 1, (below: number) => below >> 1]) {
        const { folder, journal, before } = await build()
        folder.stepsUntilCrash = steps
        const answer = await journal.renumber('1001', [mutation('x'), mutation('a')]).catch(() => null)
        const after = await Journal.open({ folder: folder.afterCrash(pick), mintId: () => 'minted-later' })
        expect(after.report).toEqual({ tornBytes: 0, corruptLines: 0, readOnly: false })
        const own = after.entries().filter((entry) => entry.employeeNumber === '1001')
        const isNew = ids(own).join() === ids(wanted).join()
        expect(own).toEqual(isNew ? wanted : before.filter((entry) => entry.employeeNumber === '1001'))
        if (answer !== null) expect(isNew).toBe(true)
        expect((await after.append('1001', mutation('e'))).mutation.seq).toBe(5)
        found.add(`${answer === null ? 'unanswered' : 'answered'} ${isNew ? 'new' : 'old'}`)
      }
    }
    expect([...found].sort()).toEqual(['answered new', 'unanswered new', 'unanswered old'])
  })

  test('a disk that is full or busy leaves the old numbering, and room for the next append', async () => {
    const { folder, journal, before } = await build()
    folder.space = 100
    await expect(journal.renumber('1001', [mutation('x')])).rejects.toMatchObject({ cause: { code: 'ENOSPC' } })
    expect(folder.names()).toEqual([JOURNAL_FILE])
    folder.space = Number.POSITIVE_INFINITY
    folder.failRename = true
    await expect(journal.renumber('1001', [mutation('x')])).rejects.toBeInstanceOf(JournalWriteError)
    expect(journal.entries()).toEqual(before)
    expect((await journal.append('1001', mutation('e'))).mutation.seq).toBe(5)
    expect(ids((await Journal.open({ folder, mintId: mint() })).entries())).toEqual(['c', 'd', 'other', 'e'])
  })

  test('nothing of it is answered before it is surely on the disk', async () => {
    const { folder, journal, before } = await build()
    folder.failSync = true
    await expect(journal.renumber('1001', [mutation('x')])).rejects.toBeInstanceOf(JournalWriteError)
    await expect(journal.device('1001')).rejects.toBeInstanceOf(JournalWriteError)
    await expect(journal.append('1001', mutation('x'))).rejects.toBeInstanceOf(JournalWriteError)
    folder.failSync = false
    const deviceId = await journal.device('1001')
    expect(before.map((entry) => entry.deviceId)).not.toContain(deviceId)
    expect(await (await Journal.open({ folder: folder.afterCrash(() => 0), mintId: mint() })).device('1001')).toBe(
      deviceId,
    )
  })

  test('a failed append before it leaves nothing in the way', async () => {
    const { folder, journal } = await build()
    folder.failSync = true
    folder.failTruncate = true
    await expect(journal.append('1001', mutation('e'))).rejects.toBeInstanceOf(JournalWriteError)
    folder.failSync = false
    folder.failTruncate = false
    folder.failRename = true
    await expect(journal.renumber('1001', [])).rejects.toBeInstanceOf(JournalWriteError)
    await journal.append('1001', mutation('f'))
    const again = await Journal.open({ folder, mintId: mint() })
    expect(again.report.corruptLines).toBe(0)
    expect(ids(again.entries())).toEqual(['c', 'd', 'other', 'f'])
  })
})

describe('a journal of a newer app', () => {
  const newer = (record: object) => encodeRecord(record as JournalRecord)
  const known = [
    { record: 'device', employeeNumber: '1001', deviceId: 'device', nextSeq: 3 },
    { record: 'entry', entry: { employeeNumber: '1001', deviceId: 'device', mutation: { ...mutation('a'), seq: 1 } } },
    { record: 'entry', entry: { employeeNumber: '1001', deviceId: 'device', mutation: { ...mutation('b'), seq: 2 } } },
    { record: 'confirmed', ids: ['a'] },
  ]
  test.each([
    ['a higher version', [{ record: 'journal', version: 2 }, ...known]],
    ['an unknown kind', [{ record: 'journal', version: 1 }, ...known, { record: 'sealed', by: 'someone' }]],
    ['a known kind in another form', [{ record: 'journal', version: 1 }, ...known, { record: 'confirmed', upTo: 9 }]],
  ])('%s: readable, refused where it would change, untouched', async (_name, records) => {
    const folder = new MemoryFolder()
    const content = `${records.map(newer).join('')}a damaged line\nand a torn o`
    await folder.write(JOURNAL_FILE, Buffer.from(content))
    await folder.write(`${JOURNAL_FILE}.next`, Buffer.from('theirs'))
    const journal = await Journal.open({ folder, mintId: mint(), compactAfter: 1 })
    expect(journal.report).toMatchObject({ readOnly: true, corruptLines: 1 })
    expect(journal.bytes).toBe(Buffer.byteLength(content))
    expect(ids(journal.entries())).toEqual(['b'])
    expect(await journal.device('1001')).toBe('device')
    expect((await journal.append('1001', mutation('b'))).mutation.seq).toBe(2)
    for (const change of [
      journal.append('1001', mutation('c')),
      journal.confirm(['b']),
      journal.renumber('1001', []),
      journal.device('1002'),
    ]) {
      await expect(change).rejects.toBeInstanceOf(JournalReadOnlyError)
    }
    await journal.close()
    expect(folder.peek(JOURNAL_FILE)?.toString()).toBe(content)
    expect(folder.names().sort()).toEqual([JOURNAL_FILE, `${JOURNAL_FILE}.next`])
  })

  test('[REC-6] is never what this app wrote itself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.string({ unit: 'binary' }), async (payload, text) => {
        const folder = new MemoryFolder()
        const journal = await Journal.open({ folder, mintId: mint() })
        const json = JSON.parse(JSON.stringify({ ...mutation('a'), payload, sessionId: text || 'x' }))
        const parsed = unnumberedMutationSchema.safeParse(json)
        fc.pre(parsed.success)
        await journal.append(text || '1001', parsed.data)
        const again = await Journal.open({ folder, mintId: mint() })
        expect(again.report).toEqual({ tornBytes: 0, corruptLines: 0, readOnly: false })
        expect(again.entries()).toEqual(journal.entries())
      }),
      { seed, numRuns: 300 },
    )
  })
})

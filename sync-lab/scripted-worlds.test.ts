/** Worlds with a script of their own, for clauses of the specification that seeds meet only now and then. */
import { describe, expect, it } from 'vitest'
import type { Action, Script } from './script.ts'
import { simulate } from './simulation.ts'

const SIGN_IN: Action = { op: 'sign_in', pc: 0, employee: 0 }
const note = (window = 0): Action => ({
  op: 'decide',
  pc: 0,
  window,
  store: 0,
  session: 0,
  kind: 'note',
  check: 0,
})

/** Runs the steps on one desktop PC, each with the time that passes after it; answers what happened. */
async function run(steps: [Action, number][], windows = 1) {
  const script: Script = {
    seed: 1,
    pcs: [{ kind: 'desktop', keepsSignIn: true, windows, skewMs: 0 }],
    stores: 2,
    sessions: 2,
    steps: steps.map(([action, waitMs]) => ({ ...action, waitMs })),
  }
  const trace: string[] = []
  const { violation, decisions } = await simulate(script, { onTrace: (line) => trace.push(line) })
  expect(violation).toBeNull()
  return { trace: trace.join('\n'), decisions }
}

describe('scripted worlds', () => {
  it('[PUSH-7] [PULL-9] unsent decisions on a store that was closed are sent, refused, and shown; its data goes', async () => {
    const { trace, decisions } = await run([
      [SIGN_IN, 5_000],
      [{ op: 'line', pc: 0, state: 'cut' }, 100],
      [note(), 100],
      [{ op: 'access', employee: 0, store: 0, given: false }, 100],
      [{ op: 'line', pc: 0, state: 'open' }, 30_000],
    ])
    expect(decisions).toBe(1)
    expect(trace).toMatch(/GET \S+\/berlin\/changes\S* 403/)
    // Nothing unsent, one decision that did not count and waits to be seen.
    expect(trace).toMatch(/shows 100 online 0 1/)
  })

  it('[DEC-4] a decision is never out of sight: cut line, kill, lost database, restored backend', async () => {
    for (const accident of [
      { op: 'kill', pc: 0, afterTurns: 40, downMs: 500, cut: 3 },
      { op: 'delete_database', pc: 0, whileOff: false },
      { op: 'lose_journal', pc: 0, downMs: 500 },
      { op: 'restore_backup', which: 0 },
    ] satisfies Action[]) {
      const { decisions } = await run(
        [
          [SIGN_IN, 5_000],
          [note(), 2_000],
          [{ op: 'backup' }, 100],
          [note(), 2_000],
          [{ op: 'line', pc: 0, state: 'cut' }, 100],
          [note(1), 50],
          [accident, 8_000],
          [SIGN_IN, 3_000],
          [note(), 50],
          [{ op: 'line', pc: 0, state: 'open' }, 10_000],
        ],
        2,
      )
      expect(decisions).toBeGreaterThanOrEqual(3)
    }
  })

  it('[DEC-4] [PULL-8] what a restored backend is offered again shows as unsent, though the journal is full', async () => {
    // Room for a pull is looked for every ten seconds: all of it falls between two looks.
    const look: [Action, number] = [{ op: 'disk_space', pc: 0, bytes: 0 }, 150]
    const { trace, decisions } = await run(
      [
        [SIGN_IN, 2_000],
        [{ op: 'backup' }, 100],
        [note(), 1_000],
        [note(1), 1_000],
        look,
        [{ op: 'restore_backup', which: 0 }, 100],
        ...Array.from({ length: 30 }, () => look),
        [{ op: 'disk_space', pc: 0, bytes: null }, 30_000],
      ],
      2,
    )
    expect(decisions).toBe(2)
    const restored = trace.slice(trace.indexOf('"restore_backup"'))
    expect(restored).toMatch(/JournalWriteError: ENOSPC/)
    // In both windows, before the documents that show them are replaced.
    const before = restored.slice(0, restored.search(/GET \S+\/manifest 200/))
    for (const window of ['window1', 'window2']) expect(before).toMatch(new RegExp(`${window} shows 100 \\w+ 2 0`))
  })

  it('[PUSH-1] what waits for new numbers goes first, though the journal takes single decisions but no rewrite', async () => {
    const { trace, decisions } = await run([
      [SIGN_IN, 5_000],
      [{ op: 'line', pc: 0, state: 'cut' }, 100],
      [note(), 100],
      [note(), 100],
      [note(), 100],
      [{ op: 'lose_journal', pc: 0, downMs: 1_000 }, 500],
      [{ op: 'disk_space', pc: 0, bytes: 1_000 }, 5_000],
      [note(), 500],
      [{ op: 'line', pc: 0, state: 'open' }, 30_000],
      [{ op: 'disk_space', pc: 0, bytes: null }, 60_000],
    ])
    expect(decisions).toBe(4)
    expect(trace).toMatch(/JournalWriteError: ENOSPC/)
  })

  it('[ID-1] an answer that comes after a sign-out brings nobody back', async () => {
    for (const path of ['/auth/refresh', '/sync/mutations', '/changes', '/manifest']) {
      await run([
        [SIGN_IN, 5_000],
        [{ op: 'expire_tokens' }, 10],
        [{ op: 'call_fault', pc: 0, fault: 'delay', path, count: 3 }, 10],
        [note(), 5],
        [{ op: 'sign_out', pc: 0 }, 20_000],
        [{ op: 'sign_in', pc: 0, employee: 1 }, 5_000],
        [note(), 5_000],
      ])
    }
  })
})

/** Settles lines of the put-back list: what was said here is gone from the list at once, and can be corrected or taken back. */
import { useState } from 'react'
import { create } from 'zustand'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { BulkOutcome, LineKey, PutBackItem } from '../../data/abandoned-api.ts'
import { useData, useEmployee } from '../../ui/data-context.ts'
import { serverNow } from '../../ui/use-now.ts'
import { lineKey, linesOf } from './put-back-lines.ts'

/** Lines of one product that the same becomes of. */
export interface SaidOfLines {
  outcome: ItemOutcome
  lines: PutBackItem['lines']
}

/** What this person said here since the console started. */
export interface Done {
  id: number
  /** Shared by what one tick settled. */
  tick: number
  /** As it was on the list; `lines` are those that were settled. */
  item: PutBackItem
  outcome: ItemOutcome
  /** UTC milliseconds. */
  at: number
}

interface DoneState {
  /** By employee number, newest first. */
  done: Readonly<Record<string, readonly Done[]>>
  next: number
}

const useDone = create<DoneState>()(() => ({ done: {}, next: 1 }))
const KEPT = 100
/** By then the answer is without them; one that is back was refused, or somebody changed the basket. */
const HIDDEN_MS = 5_000
const NONE: readonly Done[] = []

export interface Settling {
  /** Keys of lines that are not to be shown any more. */
  settled: ReadonlySet<string>
  done: readonly Done[]
  error: string | null
  /** Saves what becomes of lines of one product; answers whether all of it was saved. */
  settle: (item: PutBackItem, parts: readonly SaidOfLines[]) => Promise<boolean>
  /** Says something else about all lines of what was done here; answers whether all of it was saved. */
  correct: (done: Done, parts: readonly SaidOfLines[]) => Promise<boolean>
  /** Puts what was done here on the list again; answers whether that was saved. */
  takeBack: (done: readonly Done[]) => Promise<boolean>
}

export function useSettling(): Settling {
  const data = useData()
  const number = useEmployee()?.number ?? ''
  const done = useDone((state) => state.done[number] ?? NONE)
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set())
  const [error, setError] = useState<string | null>(null)

  const attempt = async (work: () => Promise<BulkOutcome>, what: string): Promise<boolean> => {
    setError(null)
    try {
      const saved = await work()
      if (!saved.ok) setError(`${what} is not saved for all its baskets: ${saved.message}`)
      return saved.ok
    } catch {
      setError(`${what} is not saved: the console’s data worker did not answer. Please try again.`)
      return false
    }
  }
  const save = (lines: LineKey[], outcome: ItemOutcome, what: string) =>
    attempt(() => data.settleLines(lines, outcome), what)
  const show = (keys: readonly string[]) => setSettled((now) => new Set([...now].filter((key) => !keys.includes(key))))
  const settlePart = async (item: PutBackItem, { outcome, lines }: SaidOfLines, tick: number) => {
    const named = linesOf(item, lines)
    const keys = named.map(lineKey)
    setSettled((now) => new Set([...now, ...keys]))
    if (!(await save(named, outcome, item.name))) {
      show(keys)
      return false
    }
    setTimeout(() => show(keys), HIDDEN_MS)
    useDone.setState(({ done, next }) => {
      const entry = { id: next, tick, item: { ...item, lines }, outcome, at: serverNow() }
      return { done: { ...done, [number]: [entry, ...(done[number] ?? NONE)].slice(0, KEPT) }, next: next + 1 }
    })
    return true
  }
  return {
    settled,
    done,
    error,
    settle: async (item, parts) => {
      const tick = useDone.getState().next
      useDone.setState({ next: tick + 1 })
      for (const part of parts) if (!(await settlePart(item, part, tick))) return false
      return true
    },
    takeBack: async (entries) => {
      const lines = entries.flatMap(({ item }) => linesOf(item, item.lines))
      const names = [...new Set(entries.map(({ item }) => item.name))].join(', ')
      if (!(await attempt(() => data.takeBackLines(lines), `What was taken back of ${names}`))) return false
      show(lines.map(lineKey))
      const ids = new Set(entries.map(({ id }) => id))
      useDone.setState(({ done }) => {
        return { done: { ...done, [number]: (done[number] ?? NONE).filter(({ id }) => !ids.has(id)) } }
      })
      return true
    },
    correct: async ({ id, tick, item, at }, parts) => {
      for (const { outcome, lines } of parts) {
        if (!(await save(linesOf(item, lines), outcome, item.name))) return false
      }
      useDone.setState(({ done, next }) => {
        const corrected = parts.map(({ outcome, lines }, index): Done => {
          return { id: index === 0 ? id : next + index, tick, item: { ...item, lines }, outcome, at }
        })
        const entries = (done[number] ?? NONE).flatMap((each) => (each.id === id ? corrected : each))
        return { done: { ...done, [number]: entries }, next: next + parts.length + 1 }
      })
      return true
    },
  }
}

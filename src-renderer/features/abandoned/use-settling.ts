/** Settles lines of the put-back list: what was said here is gone from the list at once, and can be corrected. */
import { useState } from 'react'
import { create } from 'zustand'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { LineKey, PutBackItem } from '../../data/abandoned-api.ts'
import { useData, useEmployee } from '../../ui/data-context.ts'
import { serverNow } from '../../ui/use-now.ts'
import { lineKey, linesOf, piecesOf } from './put-back-lines.ts'

/** What this person said here since the console started. */
export interface Done {
  id: number
  name: string
  storage: PutBackItem['storage']
  pieces: number
  lines: LineKey[]
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
  /** Saves an outcome for lines of one product; answers whether all were saved. */
  settle: (item: PutBackItem, lines: PutBackItem['lines'], outcome: ItemOutcome) => Promise<boolean>
  /** Says something else about what was done here. */
  correct: (done: Done, outcome: ItemOutcome) => Promise<void>
}

export function useSettling(): Settling {
  const data = useData()
  const number = useEmployee()?.number ?? ''
  const done = useDone((state) => state.done[number] ?? NONE)
  const [settled, setSettled] = useState<ReadonlySet<string>>(new Set())
  const [error, setError] = useState<string | null>(null)

  const save = async (lines: LineKey[], outcome: ItemOutcome, what: string): Promise<boolean> => {
    setError(null)
    try {
      const saved = await data.settleLines(lines, outcome)
      if (!saved.ok) setError(`${what} is not saved for all its baskets: ${saved.message}`)
      return saved.ok
    } catch {
      setError(`${what} is not saved: the console’s data worker did not answer. Please try again.`)
      return false
    }
  }
  const show = (keys: readonly string[]) => setSettled((now) => new Set([...now].filter((key) => !keys.includes(key))))
  return {
    settled,
    done,
    error,
    settle: async (item, lines, outcome) => {
      const named = linesOf(item, lines)
      const keys = named.map(lineKey)
      setSettled((now) => new Set([...now, ...keys]))
      const isSaved = await save(named, outcome, item.name)
      if (!isSaved) {
        show(keys)
        return false
      }
      setTimeout(() => show(keys), HIDDEN_MS)
      const { name, storage } = item
      useDone.setState(({ done, next }) => {
        const entry = { id: next, name, storage, pieces: piecesOf(lines), lines: named, outcome, at: serverNow() }
        return { done: { ...done, [number]: [entry, ...(done[number] ?? NONE)].slice(0, KEPT) }, next: next + 1 }
      })
      return true
    },
    correct: async (entry, outcome) => {
      if (!(await save(entry.lines, outcome, entry.name))) return
      useDone.setState(({ done }) => ({
        done: {
          ...done,
          [number]: (done[number] ?? NONE).map((each) => (each.id === entry.id ? { ...each, outcome } : each)),
        },
      }))
    },
  }
}

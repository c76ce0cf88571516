/** A check under way: every step is on the disk before the next one counts on it, and comes back after a crash. */
import { useEffect, useRef, useState } from 'react'
import type { CheckDraft } from '#shared/verification/rescan.ts'
import type { CheckKey } from '../../data/data-api.ts'
import { useData } from '../../ui/data-context.ts'

export const emptyDraft: CheckDraft = {
  method: 'sight_check',
  plan: null,
  escalatedFrom: null,
  fullRescanDeclined: null,
  observations: [],
  note: '',
}

/** Takes a step, and resolves when it is on the disk, or cannot get there (`error` says why). */
export type ChangeDraft = (step: (draft: CheckDraft) => CheckDraft) => Promise<void>

interface KeptDraft {
  /** Null until it was read. */
  draft: CheckDraft | null
  /** True where it was begun before this page was opened: after a crash, or another visit. */
  restored: boolean
  /** Why the last step is not on the disk; it goes on in memory. */
  error: string | null
  change: ChangeDraft
}

/** The draft of one check; the component must be keyed by the check. */
export function useCheckDraft({ storeId, sessionId, verificationId }: CheckKey): KeptDraft {
  const data = useData()
  const [draft, setDraft] = useState<CheckDraft | null>(null)
  const [restored, setRestored] = useState(false)
  const [error, setError] = useState<string | null>(null)
  /** The newest, also between renders: a scanner is quicker than those. */
  const newest = useRef<CheckDraft | null>(null)
  const saved = useRef<CheckDraft | null>(null)
  const saving = useRef<Promise<void>>(Promise.resolve())

  useEffect(() => {
    let gone = false
    const start = (kept: CheckDraft | null) => {
      if (gone || newest.current !== null) return
      newest.current = kept ?? emptyDraft
      setDraft(newest.current)
      setRestored(kept !== null)
    }
    data.checkDraft({ storeId, sessionId, verificationId }).then(start, () => start(null))
    return () => {
      gone = true
    }
  }, [data, storeId, sessionId, verificationId])

  const change: ChangeDraft = (step) => {
    const before = newest.current
    if (before === null) return Promise.resolve()
    const next = step(before)
    newest.current = next
    // What was scanned is shown once a crash cannot take it back; words appear as they are typed.
    if (next.observations === before.observations) setDraft(next)
    saving.current = saving.current.then(async () => {
      const latest = newest.current
      if (latest === null || latest === saved.current) return
      await data.saveCheckDraft({ storeId, sessionId, verificationId }, latest).then(
        () => {
          saved.current = latest
          setError(null)
        },
        (reason: unknown) => setError(reason instanceof Error ? reason.message : String(reason)),
      )
      setDraft(newest.current)
    })
    return saving.current
  }
  return { draft, restored, error, change }
}

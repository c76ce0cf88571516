/** Saves something of a shift, and says why it was not saved. */
import { useState } from 'react'
import type { BulkOutcome } from '../../data/abandoned-api.ts'

/** `save` answers whether it was saved; `problem` says why the last one was not. */
export function useSaving() {
  const [isSaving, setIsSaving] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const save = async (work: () => Promise<BulkOutcome>): Promise<boolean> => {
    setIsSaving(true)
    setProblem(null)
    try {
      const outcome = await work()
      if (!outcome.ok) setProblem(outcome.message)
      return outcome.ok
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      return false
    } finally {
      setIsSaving(false)
    }
  }
  return { save, isSaving, problem }
}

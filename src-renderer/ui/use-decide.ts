/** Saves decisions of one session and says why one was not saved. */
import { useState } from 'react'
import type { DecisionInput } from '../data/data-api.ts'
import { useData } from './data-context.ts'

/** `decide` answers whether it was saved; `error` says why the last one was not. */
export function useDecide(storeId: string, sessionId: string) {
  const data = useData()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const decide = async (input: DecisionInput): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      const outcome = await data.decide(storeId, sessionId, input)
      if (!outcome.ok) setError(outcome.message)
      return outcome.ok
    } catch {
      setError('This could not be saved: the console’s data worker did not answer. Nothing was sent. Please try again.')
      return false
    } finally {
      setBusy(false)
    }
  }
  return { decide, busy, error }
}

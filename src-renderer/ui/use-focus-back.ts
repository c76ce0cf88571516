/** Gives the keyboard back to what had it before a dialog that exists only while it is open. */
import { useEffect, useState } from 'react'

/**
 * Call it in the component that comes and goes with the dialog: Mantine gives the focus back only when a dialog that
 * stays is closed. Where closing it has led the focus elsewhere it stays there.
 */
export function useFocusBack(): void {
  // Read while rendering: by the time of an effect the dialog may have the focus.
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      const isLost = document.activeElement === null || document.activeElement === document.body
      if (isLost && before instanceof HTMLElement && before.isConnected) before.focus()
    },
    [before],
  )
}

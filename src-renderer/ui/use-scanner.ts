/** Scans of a USB scanner wherever the focus is; what a person types reaches the page as if nobody had listened. */
import { useEffect, useRef } from 'react'
import { systemClock } from '#shared/time/clock.ts'
import { expired, type Held, MAX_GAP_MS, type Stroke, takeStroke } from './wedge-decoder.ts'

interface HeldKey extends Stroke {
  event: KeyboardEvent
}

/** Calls `onScan` with the text of each code while `listening`. */
export function useScanner(listening: boolean, onScan: (code: string) => void): void {
  const latest = useRef(onScan)
  useEffect(() => {
    latest.current = onScan
  })
  useEffect(() => {
    if (!listening) return
    return listenToScanner((code) => latest.current(code))
  }, [listening])
}

/** Where a character key writes. */
const isTextField = (target: Element): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement

/** Listens before anything else on the page does; answers how to stop. */
function listenToScanner(onScan: (code: string) => void): () => void {
  let held: Held<HeldKey> = []
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Keys given back come by here again. */
  const givenBack = new WeakSet<Event>()
  const giveBack = (keys: readonly HeldKey[]) => {
    for (const { event, key } of keys) {
      const { code, shiftKey } = event
      const again = new KeyboardEvent('keydown', { key, code, shiftKey, bubbles: true, cancelable: true })
      givenBack.add(again)
      const target = event.target instanceof Element && event.target.isConnected ? event.target : document.body
      // A page cannot type with a made-up event; this also keeps undo, and React hears of it.
      if (target.dispatchEvent(again) && isTextField(target)) document.execCommand('insertText', false, key)
    }
  }
  const release = () => {
    const keys = held
    held = []
    giveBack(keys)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (givenBack.has(event)) return
    clearTimeout(timer)
    // A combination, a word in the making and a key held down are a person's.
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return release()
    const decoded = takeStroke(held, { key: event.key, at: event.timeStamp, event })
    held = decoded.held
    if (decoded.present !== 'passed') {
      event.preventDefault()
      event.stopImmediatePropagation()
    }
    giveBack(decoded.released)
    if (decoded.code !== null) onScan(decoded.code)
    if (held.length > 0) timer = setTimeout(look, MAX_GAP_MS + 1)
  }
  const look = () => {
    // The page may have been busy: what counts is when keys were pressed, and the newest may be still to come.
    const gone = expired(held, systemClock.monotonic())
    if (gone.length === 0) timer = setTimeout(look, MAX_GAP_MS)
    else release()
  }
  window.addEventListener('keydown', onKeyDown, true)
  window.addEventListener('pointerdown', release, true)
  return () => {
    clearTimeout(timer)
    release()
    window.removeEventListener('keydown', onKeyDown, true)
    window.removeEventListener('pointerdown', release, true)
  }
}

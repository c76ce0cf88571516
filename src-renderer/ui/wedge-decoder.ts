/**
 * Tells a USB scanner from a person at the same keyboard. A scanner types a whole code faster than anyone can and ends
 * it with Enter (or Tab); keys that may belong to a code are held until that is known, so none leaks into a field.
 */

/** Longest pause between two keys of a scanner, milliseconds; a person's keys are late by at most this. */
export const MAX_GAP_MS = 50
/** Fewer keys than this in a row are never a code: a person can roll over a few. */
export const MIN_CODE_LENGTH = 4

export interface Stroke {
  /** As `KeyboardEvent.key`: one character, or a name such as `Enter`. */
  key: string
  /** Monotonic milliseconds at which it was pressed. */
  at: number
}

/** Keys held back, oldest first, none further than `MAX_GAP_MS` from the one before. */
export type Held<S extends Stroke> = readonly S[]

export interface Decoded<S extends Stroke> {
  held: Held<S>
  /** Keys that turned out to be a person's, to be given back in this order before the present one. */
  released: readonly S[]
  /** What becomes of the present key: held, left to the page, or swallowed as the end of a code. */
  present: 'held' | 'passed' | 'swallowed'
  /** The code whose end this key was. */
  code: string | null
}

const isCharacter = (key: string): boolean => [...key].length === 1
const endsCode = (key: string): boolean => key === 'Enter' || key === 'Tab'

/** Takes the next key. Modifiers on their own (`Shift` of a capital letter) belong to the key that follows. */
export function takeStroke<S extends Stroke>(held: Held<S>, stroke: S): Decoded<S> {
  if (stroke.key === 'Shift') return { held, released: [], present: 'passed', code: null }
  const last = held.at(-1)
  const joined = last !== undefined && stroke.at - last.at <= MAX_GAP_MS
  if (isCharacter(stroke.key)) {
    // No code starts with a blank, and a blank works buttons: it must not be late.
    if (!joined && stroke.key === ' ') return { held: [], released: held, present: 'passed', code: null }
    return joined
      ? { held: [...held, stroke], released: [], present: 'held', code: null }
      : { held: [stroke], released: held, present: 'held', code: null }
  }
  if (joined && endsCode(stroke.key) && held.length >= MIN_CODE_LENGTH) {
    return { held: [], released: [], present: 'swallowed', code: held.map(({ key }) => key).join('') }
  }
  return { held: [], released: held, present: 'passed', code: null }
}

/** The keys held at this instant (monotonic milliseconds) that no scanner can continue any more. */
export function expired<S extends Stroke>(held: Held<S>, at: number): readonly S[] {
  const last = held.at(-1)
  return last !== undefined && at - last.at > MAX_GAP_MS ? held : []
}

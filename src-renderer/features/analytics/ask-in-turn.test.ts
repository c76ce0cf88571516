import { expect, it } from 'vitest'
import { askInTurn } from './ask-in-turn.ts'

it('asks one question at a time and drops those that nobody waits for any more', async () => {
  const asked: string[] = []
  let answerFirst = (_: string): void => undefined
  const never = new AbortController().signal
  const first = askInTurn(never, () => {
    asked.push('first')
    return new Promise<string>((resolve) => {
      answerFirst = resolve
    })
  })
  const outdated = new AbortController()
  const second = askInTurn(outdated.signal, async () => asked.push('second'))
  const third = askInTurn(never, async () => asked.push('third'))
  const dropped = expect(second).rejects.toThrow('outdated')
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(asked).toEqual(['first'])
  outdated.abort(new Error('outdated'))
  answerFirst('answer')
  expect(await first).toBe('answer')
  await third
  await dropped
  expect(asked).toEqual(['first', 'third'])
})

it('goes on after a question that failed', async () => {
  const { signal } = new AbortController()
  await expect(askInTurn(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await askInTurn(signal, async () => 1)).toBe(1)
})

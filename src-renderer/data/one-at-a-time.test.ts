import { expect, it } from 'vitest'
import { OneAtATime } from './one-at-a-time.ts'

it('asks the question it is at and the last one, and none of those taken back between', async () => {
  const lists = new OneAtATime()
  const asked: string[] = []
  let answerFirst: (answer: string) => void = () => undefined
  const first = lists.ask(undefined, () => {
    asked.push('a')
    return new Promise<string>((resolve) => {
      answerFirst = resolve
    })
  })
  const typed = ['ab', 'abc', 'abcd'].map((text) => {
    const stop = new AbortController()
    const answer = lists.ask(stop.signal, async () => {
      asked.push(text)
      return text
    })
    return { stop, answer: answer.catch((reason: Error) => reason.name) }
  })
  typed[0]?.stop.abort()
  typed[1]?.stop.abort()
  await Promise.resolve()
  answerFirst('a')
  expect(await first).toBe('a')
  expect(await Promise.all(typed.map(({ answer }) => answer))).toEqual(['AbortError', 'AbortError', 'abcd'])
  expect(asked).toEqual(['a', 'abcd'])
})

it('goes on after a question that failed', async () => {
  const lists = new OneAtATime()
  const failed = lists.ask(undefined, () => Promise.reject(new Error('no storage')))
  await expect(failed).rejects.toThrow('no storage')
  expect(await lists.ask(undefined, async () => 'answer')).toBe('answer')
})

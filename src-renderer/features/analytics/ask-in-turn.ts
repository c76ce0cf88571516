/**
 * Questions to the data worker one at a time. Who changes filters faster than answers come would else wait for answers that
 * nobody looks at any more.
 */

let last: Promise<unknown> = Promise.resolve()

/**
 * Asks once the questions before are answered.
 * @param signal of somebody who may have lost interest by then: the question is dropped and the promise rejects with the reason
 */
export function askInTurn<Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
  const answer = last.then(() => {
    signal.throwIfAborted()
    return ask()
  })
  last = answer.catch(() => undefined)
  return answer
}

/**
 * Asks one question after the other, so that one that waits can be taken back: while somebody types, the worker sees the
 * query it is at and the last one, and none of those between.
 */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve()

  /** @param signal aborted before its turn: `question` is not asked; the promise rejects with the signal's reason */
  ask<Answer>(signal: AbortSignal | undefined, question: () => Promise<Answer>): Promise<Answer> {
    const answer = this.last.then(() => {
      signal?.throwIfAborted()
      return question()
    })
    this.last = answer.catch(() => undefined)
    return answer
  }
}

import { expect, it } from 'vitest'
import { sentenceToSay } from './reason-sentences.ts'

it('has a sentence for every reason and says no internal word of an unknown one', () => {
  expect(sentenceToSay({ kind: 'spot_check', reason: 'random_sample' })).toContain('picked at random')
  expect(sentenceToSay({ kind: 'age_verification', reason: 'age_restricted_items' })).toContain('identity document')
  for (const reason of ['fraud_score_0.93', 'suspected thief', 'constructor', '__proto__', '', undefined]) {
    const said = sentenceToSay({ kind: 'spot_check', reason })
    expect(said).toMatch(/^Hello! .*\.$/)
    if (reason) expect(said).not.toContain(reason)
  }
  // A system that mixes kinds and reasons up must not have staff ask for a document at a spot check, or not at all.
  expect(sentenceToSay({ kind: 'spot_check', reason: 'age_restricted_items' })).not.toContain('age')
  expect(sentenceToSay({ kind: 'age_verification', reason: 'random_sample' })).toContain('identity document')
})

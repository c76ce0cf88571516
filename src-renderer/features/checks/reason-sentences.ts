/** What to say to a shopper whose basket is checked: the reason, in a sentence that blames nobody. */
import type { Verification } from '#shared/protocol/session-document.ts'

/** For the reasons that store systems commonly give. */
const sentences: Record<string, string> = {
  random_sample: 'Hello! Your basket was picked at random, as it happens to everybody now and then. It takes a moment.',
  first_purchases:
    'Hello! While self-scanning is new to you, we look over the basket together, so that nothing surprises you later.',
  high_value_item:
    'Hello! There is something valuable in your basket, so I have a quick look that it is scanned right.',
  low_trust_level: 'Hello! I have a quick look whether the scanning worked as it should. Thank you for your patience.',
  long_inactivity:
    'Hello! There was a longer pause while you scanned, so I make sure with you that nothing is missing.',
  removed_items: 'Hello! Some items were taken out of your list, so I make sure with you that the list is right.',
  age_restricted_items: 'Hello! There is something in your basket that we may only sell from a certain age.',
  requested_by_staff: 'Hello! I have a quick look at your basket. Thank you for your patience.',
}

const plainSentences: Record<Verification['kind'], string> = {
  spot_check: 'Hello! I have a quick look at your basket together with you. It takes a moment.',
  age_verification: 'Hello! For something in your basket I need to know your age. May I see an identity document?',
}

/** A sentence that is safe to say aloud, whatever the reason; internal words of a store system are never in it. */
export function sentenceToSay({ kind, reason }: Pick<Verification, 'kind' | 'reason'>): string {
  const known = reason === undefined || !Object.hasOwn(sentences, reason) ? undefined : sentences[reason]
  return known === undefined || (kind === 'age_verification') !== (reason === 'age_restricted_items')
    ? plainSentences[kind]
    : kind === 'age_verification'
      ? `${known} May I see an identity document?`
      : known
}

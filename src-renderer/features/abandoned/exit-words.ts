/** What the rates of paid sessions without exit scan say, in sentences. */
import { wilsonInterval } from '#shared/statistics/wilson.ts'
import type { ClientExitRate } from '../../data/abandoned-api.ts'
import { clientLabel, type Tone } from '../../ui/labels.ts'

/** Fewer say nothing of a client. */
const ENOUGH = 20
/** A client that differs by less is no matter for the gate, however sure the difference is. */
const CLEARLY_MORE = 0.05
/** People walk past a gate now and then; more than this is no habit of few. */
const MUCH = 0.2

export interface ExitSentence {
  tone: Tone
  text: string
}

/** `2.4 %`, `34 %`: as many digits as a share of people deserves. */
export function percentWords(share: number): string {
  const percent = share * 100
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** What to look at, the clearest first; one sentence where no client stands out. */
export function exitSentences(rates: readonly ClientExitRate[]): ExitSentence[] {
  const paid = rates.reduce((sum, rate) => sum + rate.paid, 0)
  const missing = rates.reduce((sum, rate) => sum + rate.notExited, 0)
  if (paid === 0) return [{ tone: 'plain', text: 'Nobody has paid in this period and had time to leave.' }]
  const outliers = rates.flatMap((rate) => {
    const others = { paid: paid - rate.paid, notExited: missing - rate.notExited }
    if (rate.paid < ENOUGH || others.paid < ENOUGH) return []
    const [share, otherShare] = [rate.notExited / rate.paid, others.notExited / others.paid]
    const { high } = wilsonInterval(others.notExited, others.paid)
    if (rate.low <= high || share - otherShare < CLEARLY_MORE) return []
    const text = `${clientLabel(rate.client).text}: ${percentWords(share)} of ${count(rate.paid)} did not scan the exit, others ${percentWords(otherShare)}. Look at the gate or the receipt of this client.`
    return [{ tone: 'bad' as const, text, excess: share - otherShare }]
  })
  if (outliers.length > 0) return outliers.sort((a, b) => b.excess - a.excess).map(({ tone, text }) => ({ tone, text }))
  const share = missing / paid
  const ofAll = `${percentWords(share)} of ${count(paid)} who paid did not scan the exit`
  if (paid < ENOUGH) return [{ tone: 'plain', text: `${ofAll}: too few to tell a gate from its visitors.` }]
  if (wilsonInterval(missing, paid).low >= MUCH)
    return [
      { tone: 'warn', text: `${ofAll}, with every client alike: look at the gate itself, or how the exit is set up.` },
    ]
  return [{ tone: 'ok', text: `No client stands out: ${ofAll}, as where people walk past the gate now and then.` }]
}

const count = (value: number): string => value.toLocaleString('en')

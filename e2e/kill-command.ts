/** `npm run kill-campaign -- [--kills 100] [--seed 1] [--what app|backend|both]`: exit code 1 where a decision is lost or doubled. */
import { parseArgs } from 'node:util'
import { runKillCampaign } from './kill-campaign.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: process.env.FLOORWALKER_SEED ?? '1' },
    what: { type: 'string', default: 'both' },
  },
})
const { what } = values
const kills = Number(values.kills)
const seed = Number(values.seed)
if (what !== 'app' && what !== 'backend' && what !== 'both') throw new Error('--what is app, backend or both')
if (!Number.isInteger(kills) || kills < 1) throw new Error('--kills is a number from 1')
if (!Number.isInteger(seed)) throw new Error('--seed is a number')

const started = process.uptime()
console.log(`SIGKILL, ${kills} × ${what === 'both' ? 'app and backend each' : what}, seed ${seed}`)
const result = await runKillCampaign({ kills, what, seed, log: (line) => console.log(line) })
const { answers, lost, doubled, killed } = result
console.log(
  `killed: app ${killed.app} times, backend ${killed.backend} times, in ${Math.round(process.uptime() - started)} s`,
)
console.log(`answers: ${JSON.stringify(answers)}; of the unanswered ${result.unansweredThatCount} count, once each`)
console.log(`at the end: ${result.allSent ? 'nothing' : 'SOMETHING'} unsent, ${result.pendingInJournal} in the journal`)
console.log(`${kills} kills: ${answers.saved ?? 0} decisions saved, ${lost.length} lost, ${doubled.length} doubled`)
if (result.evidence !== null) {
  console.error(`lost: ${lost.join(' ')}\ndoubled: ${doubled.join(' ')}\nevidence: ${result.evidence}`)
  process.exit(1)
}
process.exit(0)

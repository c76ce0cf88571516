/** Starts the data worker and loads the screens beside it: while one reads this PC's history, the other is made ready. */
import { connectData } from '../data/connect-data.ts'
import type { DataStatus } from '../data/data-api.ts'

let newest: DataStatus | null = null
let take = (status: DataStatus): void => {
  newest = status
}
const data = connectData()
const starting = data.start((status) => take(status))
// Whoever shows the console says what became of it.
starting.catch(() => undefined)

const { showConsole } = await import('./main.tsx')
await showConsole(data, starting, (onStatus) => {
  take = onStatus
  if (newest !== null) onStatus(newest)
})

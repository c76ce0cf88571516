/** Answers the charts from the session index. Each answer is one piece of work without a pause. */
import type {
  AbandonedFigures,
  ChartApi,
  ChartQuery,
  CheckFigures,
  ContactGap,
  ConversionFigures,
  HeatMap,
  HeatQuery,
  SessionFigures,
  TodayFigures,
} from '../chart-api.ts'
import { abandonedFigures } from './abandoned-figures.ts'
import type { ChartPorts } from './chart-ground.ts'
import { checkFigures } from './check-figures.ts'
import { conversionFigures } from './conversion-figures.ts'
import { heatMap } from './heat-map.ts'
import { sessionFigures } from './session-figures.ts'
import { todayFigures } from './today-figures.ts'

export interface ChartHost extends ChartPorts {
  /** Whether the person of now may see what each employee did. */
  maySeeEmployees: () => boolean
  isOnline: () => boolean
  /** UTC milliseconds of the last successful pull of a store; null where there was none. */
  lastContactAt: (storeId: string) => number | null
}

export class Charts implements ChartApi {
  constructor(private readonly host: ChartHost) {}

  async today(query: Omit<ChartQuery, 'bucket'>): Promise<TodayFigures> {
    return todayFigures(this.host, query)
  }

  async sessionFigures(query: ChartQuery): Promise<SessionFigures> {
    return sessionFigures(this.host, query)
  }

  async conversionFigures(query: ChartQuery): Promise<ConversionFigures> {
    return conversionFigures(this.host, query)
  }

  async checkFigures(query: ChartQuery): Promise<CheckFigures> {
    return checkFigures(this.host, query, this.host.maySeeEmployees())
  }

  async abandonedFigures(query: ChartQuery): Promise<AbandonedFigures> {
    return abandonedFigures(this.host, query)
  }

  async heatMap(query: HeatQuery): Promise<HeatMap> {
    return heatMap(this.host, query)
  }

  async contactGaps(storeIds: string[]): Promise<ContactGap[]> {
    if (this.host.isOnline()) return []
    return this.host.visibleStores(storeIds).flatMap((storeId) => {
      const from = this.host.lastContactAt(storeId)
      return from === null ? [] : [{ storeId, from }]
    })
  }
}

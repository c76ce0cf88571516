/** The wall hour of each session's start in its own store's zone: made when first asked for, following changes from then on. */
import { wallHourOf } from '#shared/time/wall-hour.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import { roomFor } from './columns.ts'
import type { SessionColumns } from './session-columns.ts'

export class WallHours {
  private data = new Int32Array(0)
  /** What was taken in of the columns' changes; null before the first time. */
  private position: number | null = null
  /** By code of the store. */
  private zones: string[] = []
  private readonly offsets = new Map<string, ZoneOffsets>()

  /** @param zoneOf IANA id of a store's zone */
  constructor(
    private readonly columns: SessionColumns,
    private readonly zoneOf: (storeId: string) => string,
  ) {}

  /** By row, as of now. */
  ofRows(): Int32Array {
    const { columns } = this
    const zones = columns.storeId.values.map(this.zoneOf)
    // New stores have new rows only.
    const isMoved = this.zones.some((zone, code) => zone !== zones[code])
    this.zones = zones
    const changed = this.position === null || isMoved ? null : columns.changedSince(this.position)
    this.position = columns.changePosition
    const room = roomFor(columns.length, this.data.length)
    if (room > this.data.length) {
      const data = new Int32Array(room)
      data.set(this.data)
      this.data = data
    }
    const offsets = zones.map((zone) => this.offsetsOf(zone))
    if (changed === null) for (let row = 0; row < columns.length; row += 1) this.take(row, offsets)
    else for (const row of changed) this.take(row, offsets)
    return this.data
  }

  private take(row: number, offsets: readonly ZoneOffsets[]): void {
    const { startedAt, storeId } = this.columns
    this.data[row] = wallHourOf(startedAt.data[row] as number, offsets[storeId.codes[row] as number] as ZoneOffsets)
  }

  private offsetsOf(zone: string): ZoneOffsets {
    const offsets = this.offsets.get(zone) ?? new ZoneOffsets(zone)
    this.offsets.set(zone, offsets)
    return offsets
  }
}

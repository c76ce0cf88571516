/** Bytes of a file in the making, written in place: a string per cell would cost several times as much. */

const encoder = new TextEncoder()
const FIRST_ROOM = 64 * 1024
const ZERO = 0x30
const MS_PER_DAY = 86_400_000

export class ByteWriter {
  private bytes = new Uint8Array(FIRST_ROOM)
  private used = 0
  /** The local day written last, days since 1970, and its text. */
  private lastDay = Number.NaN
  private readonly dayText = new Uint8Array(10)

  get length(): number {
    return this.used
  }

  /** What was written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.used)
    this.used = 0
    return taken
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.used] = value
    this.used += 1
  }

  /** Bytes of `source` from `from` to `to`. */
  copy(source: Uint8Array, from = 0, to = source.length): void {
    const length = to - from
    this.reserve(length)
    const { bytes, used } = this
    // A call into the engine costs more than the few bytes of most cells.
    if (length > 64) bytes.set(source.subarray(from, to), used)
    else for (let i = 0; i < length; i += 1) bytes[used + i] = source[from + i] as number
    this.used = used + length
  }

  text(text: string): void {
    this.reserve(text.length * 3)
    this.used += encoder.encodeInto(text, this.bytes.subarray(this.used)).written
  }

  /** A safe integer, in digits. */
  integer(value: number): void {
    this.reserve(24)
    let rest = value
    if (rest < 0) {
      this.bytes[this.used] = 0x2d
      this.used += 1
      rest = -rest
    }
    let digits = 1
    for (let bound = 10; rest >= bound && digits < 16; bound *= 10) digits += 1
    this.digits(rest, digits)
  }

  /** `units` divided by ten to the power of `digits`, exactly, with all its decimals. */
  decimal(units: number, digits: number, point: number): void {
    if (digits === 0) {
      this.integer(units)
      return
    }
    const scale = 10 ** digits
    const size = Math.abs(units)
    const whole = Math.floor(size / scale)
    if (units < 0) this.byte(0x2d)
    this.integer(whole)
    this.reserve(digits + 1)
    this.bytes[this.used] = point
    this.used += 1
    this.digits(size - whole * scale, digits)
  }

  /** `YYYY-MM-DD HH:MM:SS` of local milliseconds since 1970, to the second that has begun; years 0 to 9999. */
  dateTime(localMs: number): void {
    const day = Math.floor(localMs / MS_PER_DAY)
    if (day !== this.lastDay) this.writeDay(day)
    this.copy(this.dayText)
    this.reserve(9)
    const seconds = Math.floor((localMs - day * MS_PER_DAY) / 1000)
    const minutes = Math.floor(seconds / 60)
    const { bytes, used } = this
    bytes[used] = 0x20
    this.used = used + 1
    this.two(Math.floor(minutes / 60), 0x3a)
    this.two(minutes % 60, 0x3a)
    this.two(seconds % 60, 0)
  }

  private writeDay(day: number): void {
    this.lastDay = day
    this.dayText.set(encoder.encode(new Date(day * MS_PER_DAY).toISOString().slice(0, 10)))
  }

  private two(value: number, separator: number): void {
    const { bytes, used } = this
    const tens = Math.floor(value / 10)
    bytes[used] = ZERO + tens
    bytes[used + 1] = ZERO + value - tens * 10
    if (separator !== 0) bytes[used + 2] = separator
    this.used = used + (separator === 0 ? 2 : 3)
  }

  /** The last `count` digits of a whole number; room was made before. */
  private digits(value: number, count: number): void {
    const { bytes, used } = this
    let rest = value
    for (let at = used + count - 1; at >= used; at -= 1) {
      const tens = Math.floor(rest / 10)
      bytes[at] = ZERO + rest - tens * 10
      rest = tens
    }
    this.used = used + count
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.used + more))
    bytes.set(this.bytes.subarray(0, this.used))
    this.bytes = bytes
  }
}

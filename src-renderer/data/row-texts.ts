/**
 * Session and customer ids of all rows as UTF-8 in one run of bytes: a string object per id would cost several times as
 * much. A row's record is length and bytes of its session id, then length + 1 and bytes of its customer id (0 for none).
 */

/** An id may begin with what elsewhere is a byte order mark. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Bytes ranked so that comparing UTF-8 gives JavaScript's order of strings, which is by UTF-16 code unit. */
const codeUnitRank = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0xee || byte > 0xf4 ? byte : byte >= 0xf0 ? byte - 2 : byte + 5,
)
const COMPACT_FROM_BYTES = 16 * 2 ** 20

export class RowTexts {
  bytes = new Uint8Array(0)
  /** By row; where its record begins. */
  starts = new Int32Array(0)
  private used = 0
  /** Bytes of records that were replaced. */
  private wasted = 0

  reserve(rows: number, moreBytes: number): void {
    if (rows > this.starts.length) {
      const starts = new Int32Array(rows)
      starts.set(this.starts)
      this.starts = starts
    }
    const needed = this.used + moreBytes
    if (needed <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, Math.ceil(this.bytes.length * 1.25)))
    bytes.set(this.bytes.subarray(0, this.used))
    this.bytes = bytes
  }

  /** Appends the record of a row; room was made before. A customer's `customerFrom` of -1 stands for none. */
  write(
    row: number,
    ids: Uint8Array,
    idFrom: number,
    idTo: number,
    customers: Uint8Array,
    customerFrom: number,
    customerTo: number,
  ): void {
    this.starts[row] = this.used
    let at = this.writeLength(this.used, idTo - idFrom)
    const { bytes } = this
    for (let from = idFrom; from < idTo; from += 1, at += 1) bytes[at] = ids[from] as number
    at = this.writeLength(at, customerFrom < 0 ? 0 : customerTo - customerFrom + 1)
    if (customerFrom >= 0) {
      for (let from = customerFrom; from < customerTo; from += 1, at += 1) bytes[at] = customers[from] as number
    }
    this.used = at
  }

  /** Counts a row's record as replaced. */
  discard(row: number): void {
    this.wasted += this.customerTo(row) - (this.starts[row] as number)
  }

  /** Where bytes of the session id begin; they end at `idTo`. */
  idFrom(row: number): number {
    const start = this.starts[row] as number
    return start + ((this.bytes[start] as number) < 0x80 ? 1 : 2)
  }

  idTo(row: number): number {
    return this.idFrom(row) + this.lengthAt(this.starts[row] as number)
  }

  /** -1 for none. */
  customerFrom(row: number): number {
    const at = this.idTo(row)
    return this.lengthAt(at) === 0 ? -1 : at + ((this.bytes[at] as number) < 0x80 ? 1 : 2)
  }

  /** End of the record. */
  customerTo(row: number): number {
    const at = this.idTo(row)
    const length = this.lengthAt(at)
    return at + ((this.bytes[at] as number) < 0x80 ? 1 : 2) + Math.max(0, length - 1)
  }

  id(row: number): string {
    return this.decode(this.idFrom(row), this.idTo(row))
  }

  customerId(row: number): string | null {
    const from = this.customerFrom(row)
    return from < 0 ? null : this.decode(from, this.customerTo(row))
  }

  /** Compares two texts in JavaScript's order of strings. */
  compare(aFrom: number, aTo: number, bFrom: number, bTo: number): number {
    const { bytes } = this
    const length = Math.min(aTo - aFrom, bTo - bFrom)
    for (let i = 0; i < length; i += 1) {
      const a = bytes[aFrom + i] as number
      const b = bytes[bFrom + i] as number
      if (a !== b) return (codeUnitRank[a] as number) - (codeUnitRank[b] as number)
    }
    return aTo - aFrom - (bTo - bFrom)
  }

  /** Six bytes from `from` as one number that sorts as they do; missing ones count as 0, which no text contains. */
  prefix(from: number, to: number): number {
    const { bytes } = this
    let high = 0
    let low = 0
    for (let i = 0; i < 3; i += 1) {
      high = (high << 8) | (from + i < to ? (codeUnitRank[bytes[from + i] as number] as number) : 0)
      low = (low << 8) | (from + i + 3 < to ? (codeUnitRank[bytes[from + i + 3] as number] as number) : 0)
    }
    return high * 0x1000000 + low
  }

  /** Closes the gaps that replaced records left, once they are worth it. */
  compact(rows: number): void {
    if (this.wasted < COMPACT_FROM_BYTES || this.wasted * 4 < this.used) return
    const { bytes: old } = this
    const bytes = new Uint8Array(this.used - this.wasted)
    let used = 0
    for (let row = 0; row < rows; row += 1) {
      const [from, to] = [this.starts[row] as number, this.customerTo(row)]
      bytes.set(old.subarray(from, to), used)
      this.starts[row] = used
      used += to - from
    }
    this.bytes = bytes
    this.used = used
    this.wasted = 0
  }

  private decode(from: number, to: number): string {
    const bytes = this.bytes.subarray(from, to)
    // The decoder takes longer to start than most ids take to read.
    return bytes.every((byte) => byte < 0x80) ? String.fromCharCode(...bytes) : decoder.decode(bytes)
  }

  private lengthAt(at: number): number {
    const low = this.bytes[at] as number
    return low < 0x80 ? low : (low & 0x7f) | ((this.bytes[at + 1] as number) << 7)
  }

  private writeLength(at: number, length: number): number {
    if (length < 0x80) {
      this.bytes[at] = length
      return at + 1
    }
    this.bytes[at] = (length & 0x7f) | 0x80
    this.bytes[at + 1] = length >> 7
    return at + 2
  }
}

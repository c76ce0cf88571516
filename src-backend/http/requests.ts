/** Reading requests: JSON bodies against schemas, query numbers, percent-encoded paths. */
import type { Context } from 'hono'
import type { z } from 'zod'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { invalidField, ProblemError } from './problems.ts'

/** Largest body, bytes. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024

/**
 * The JSON body as the schema says.
 * @throws ProblemError `too_large`, `invalid_json`, or `invalid_request` naming the field
 */
export async function readJson<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  return parseJson(await readBody(c), schema)
}

/** As `readJson`; a call without a body counts as one with an empty object. */
export async function readOptionalJson<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await readBody(c)
  return parseJson(bytes.byteLength === 0 ? new TextEncoder().encode('{}') : bytes, schema)
}

function parseJson<Schema extends z.ZodType>(bytes: Uint8Array, schema: Schema): z.output<Schema> {
  let value: unknown
  try {
    // `fatal`: bytes that are no UTF-8 would otherwise silently become another text.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new ProblemError('invalid_json')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { field, message } = describeIssue(parsed.error)
  throw invalidField(field === '' ? 'body' : field, message)
}

async function readBody(c: Context): Promise<Uint8Array> {
  const { body } = c.req.raw
  if (body === null) return new Uint8Array()
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) throw new ProblemError('too_large')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) throw new ProblemError('too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * An integer of the query within bounds; `fallback` where it is absent.
 * @throws ProblemError `invalid_request` naming the parameter
 */
export function queryInteger(c: Context, name: string, bounds: { min: number; max: number; fallback: number }): number {
  const text = c.req.query(name)
  if (text === undefined) return bounds.fallback
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw invalidField(name, `must be an integer from ${bounds.min} to ${bounds.max}`)
  }
  return value
}

/**
 * Refuses a path that no id can have.
 * @throws ProblemError `invalid_request` naming the path
 */
export function checkPath(url: string): void {
  const { pathname } = new URL(url)
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    throw invalidField('path', 'is not valid percent-encoding')
  }
  if (decoded.includes('\u0000')) throw invalidField('path', 'must not contain NUL characters')
}

/** Whether the client takes gzip. */
export function acceptsGzip(c: Context): boolean {
  return /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/i.test(c.req.header('accept-encoding') ?? '')
}

/** JSON bodies of the console's calls, validated at run time. */
import type { z } from 'zod'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { problemResponse } from './problem-response.ts'

export interface BodyRules {
  maxCharacters: number
  /** No body at all counts as `{}`. */
  optional?: boolean
}

export type ReadBody<Body> = { body: Body; problem?: undefined } | { problem: Response }

/** The body as the schema gives it, or the problem to answer, which names the field at fault. */
export async function readJsonBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  { maxCharacters, optional = false }: BodyRules,
): Promise<ReadBody<z.output<Schema>>> {
  const text = await request.text()
  if (text.length > maxCharacters) return { problem: problemResponse('too_large') }
  let json: unknown
  try {
    json = optional && text === '' ? {} : JSON.parse(text)
  } catch {
    return { problem: problemResponse('invalid_json') }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { body: parsed.data }
  const { field, message } = describeIssue(parsed.error)
  return { problem: problemResponse('invalid_request', { field, detail: `${field}: ${message}` }) }
}

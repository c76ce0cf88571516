/** The wire contract does not change by accident: its schemas have the hash that the history's last line says. */
import { tableFromIPC } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { canonicalJson } from './canonical-json.ts'
import * as customerSessions from './customer-sessions.ts'
import { encodeDayBlock, widenDayBlock } from './day-block.ts'
import * as decisions from './decisions.ts'
import * as integration from './integration.ts'
import * as problems from './problems.ts'
import { protocolHistory } from './protocol-history.ts'
import * as refusals from './refusals.ts'
import * as sessionDocument from './session-document.ts'
import * as shiftEntries from './shift-entries.ts'
import * as storeSettings from './store-settings.ts'
import * as sync from './sync.ts'

const modules = {
  customerSessions,
  decisions,
  integration,
  problems,
  refusals,
  sessionDocument,
  shiftEntries,
  storeSettings,
  sync,
}

/** Keywords that say how zod checks, not what may be on the wire. */
const SAFE_INTEGERS = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
function shapeOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(shapeOf)
  if (typeof schema !== 'object' || schema === null) return schema
  const fields = Object.entries(schema).filter(
    ([key, value]) =>
      key !== '$schema' && !(key === 'pattern' && 'format' in schema) && !SAFE_INTEGERS.includes(value as number),
  )
  return Object.fromEntries(
    fields.map(([key, value]) => [
      key,
      // The order of fields and of an enumeration means nothing.
      key === 'required' || key === 'enum' ? (value as unknown[]).toSorted() : shapeOf(value),
    ]),
  )
}

const wireOf = (schema: z.ZodType) => shapeOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))

const columnsIn = (block: Uint8Array) => tableFromIPC(block).schema.fields.map(({ name, type }) => `${name}: ${type}`)

/** The contract as data, by name: every exported schema, the kinds of problems, the columns of day blocks. */
function frozen(): Record<string, unknown> {
  const contract: Record<string, unknown> = {
    'day-block columns': columnsIn(widenDayBlock(encodeDayBlock([]))),
    'narrow day-block columns': columnsIn(encodeDayBlock([])),
    'problem kinds': Object.entries(problems.problemKinds).map(([code, { status, retry }]) => [code, status, retry]),
    'media types and header': [
      sync.PROTOCOL_HEADER,
      sync.DAY_BLOCK_MEDIA_TYPE,
      sync.DAY_FRAMES_MEDIA_TYPE,
      problems.PROBLEM_MEDIA_TYPE,
    ],
    'known progress': sessionDocument.knownProgress,
  }
  for (const [module, exports] of Object.entries(modules)) {
    for (const [name, value] of Object.entries(exports)) {
      if (value instanceof z.ZodType) contract[`${module}.${name}`] = wireOf(value)
    }
  }
  for (const [type, payload] of Object.entries(decisions.decisionPayloads))
    contract[`payload ${type}`] = wireOf(payload)
  for (const [type, payload] of Object.entries(shiftEntries.shiftDecisionPayloads))
    contract[`payload ${type}`] = wireOf(payload)
  return contract
}

async function hashOf(value: unknown): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(value)))
  return [...new Uint8Array(bytes).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

describe('the wire contract', () => {
  it('[WIRE-1] is the one that the last line of its history names', async () => {
    const hash = await hashOf(frozen())
    const last = protocolHistory.at(-1)
    expect(
      { hash: last?.hash, version: last?.version },
      [
        'The wire schemas changed. Add a line to src-shared/protocol/protocol-history.ts:',
        `  { version: …, hash: '${hash}', change: 'what changed' },`,
        'with the same version where old readers may ignore the change; otherwise raise PROTOCOL_VERSION in sync.ts.',
      ].join('\n'),
    ).toEqual({ hash, version: sync.PROTOCOL_VERSION })
  })

  it('has a history in order, and speaks no version that is not in it', () => {
    const versions = protocolHistory.map(({ version }) => version)
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(new Set(protocolHistory.map(({ hash }) => hash)).size).toBe(protocolHistory.length)
    for (const { change } of protocolHistory) expect(change.trim()).not.toBe('')
    expect(versions).toContain(sync.MIN_PROTOCOL_VERSION)
    expect(sync.MIN_PROTOCOL_VERSION).toBeLessThanOrEqual(sync.PROTOCOL_VERSION)
  })

  it('would notice a field that goes, comes, or becomes another', async () => {
    const { clockOffsetMs, ...shape } = decisions.mutationSchema.shape
    const changes = [
      z.object(shape),
      z.object({ ...shape, clockOffsetMs, more: z.string().optional() }),
      z.object({ ...shape, clockOffsetMs: z.int() }),
      z.object({ ...shape, clockOffsetMs: z.number().optional() }),
    ]
    const hashes = await Promise.all([decisions.mutationSchema, ...changes].map((schema) => hashOf(wireOf(schema))))
    expect(new Set(hashes).size).toBe(hashes.length)
    // The order of fields and the words of an error are not the contract.
    const backwards = Object.entries({ ...shape, clockOffsetMs, seq: z.int().min(1, 'another text') }).toReversed()
    const same = z.object(Object.fromEntries(backwards))
    expect(await hashOf(wireOf(same))).toBe(hashes[0])
  })

  it('holds every part of the contract', () => {
    const contract = frozen()
    const names = Object.keys(contract)
    for (const name of [
      'sync.changesPageSchema',
      'decisions.verdictSchema',
      'integration.storeFactSchema',
      'customerSessions.updateRequestSchema',
      'sessionDocument.sessionDocumentSchema',
      'problems.problemSchema',
      'storeSettings.bootstrapSchema',
      'payload verification.resolve',
      'payload shift.note',
    ]) {
      expect(names).toContain(name)
    }
    expect(contract['day-block columns']).toContain('startedAt: Float64')
    for (const name of names) expect(JSON.stringify(contract[name]), name).not.toBe('{}')
  })
})

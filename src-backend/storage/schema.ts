/** The backend's tables, one schema for PGlite and PostgreSQL; `migrations.ts` creates them. Instants: UTC milliseconds. */
import {
  bigint,
  boolean,
  customType,
  index,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm/sql'
import type { Verdict } from '#shared/protocol/decisions.ts'
import type { RefusalEntry } from '#shared/protocol/refusals.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ShiftEntry } from '#shared/protocol/shift-entries.ts'
import type { Role, StoreSettings } from '#shared/protocol/store-settings.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'

const integer = (name: string) => bigint(name, { mode: 'number' })
const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

/** `epoch` and `origin` of this database (`database-origin.ts`) and the `token_key` that signs access tokens. */
export const meta = pgTable('meta', { key: text('key').primaryKey(), value: text('value').notNull() })

export const stores = pgTable('stores', {
  id: text('id').primaryKey(),
  settings: jsonb('settings').$type<StoreSettings>().notNull(),
  version: integer('version').notNull().default(0),
})

export const apiKeys = pgTable('api_keys', {
  keyHash: text('key_hash').primaryKey(),
  stores: jsonb('stores').$type<string[]>().notNull(),
})

export const employees = pgTable('employees', {
  number: text('number').primaryKey(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  passwordHash: text('password_hash').notNull(),
  stores: jsonb('stores').$type<string[]>().notNull(),
  active: boolean('active').notNull().default(true),
})

/** One sign-in of an employee on a device; its access and refresh tokens live and die with it. */
export const authSessions = pgTable('auth_sessions', {
  id: text('id').primaryKey(),
  employeeNumber: text('employee_number').notNull(),
  deviceId: text('device_id').notNull(),
  deviceName: text('device_name').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  revokedAt: integer('revoked_at'),
  /** Highest generation of which a token was used, and since when: refresh tokens before it are spent. */
  usedGeneration: integer('used_generation').notNull().default(0),
  usedAt: integer('used_at').notNull().default(0),
})

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    authSessionId: text('auth_session_id').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** 1 for that of the sign-in, one more with each rotation. */
    generation: integer('generation').notNull().default(0),
  },
  (table) => [index('refresh_tokens_auth_session').on(table.authSessionId)],
)

export const devices = pgTable('devices', {
  id: text('id').primaryKey(),
  lastSeq: integer('last_seq').notNull().default(0),
})

export const sessions = pgTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    storeId: text('store_id').notNull(),
    version: integer('version').notNull(),
    localDate: text('local_date').notNull(),
    ended: boolean('ended').notNull(),
    expiresAt: integer('expires_at'),
    /** The row of day blocks, apart from the document so that a block never reads documents. */
    summary: json('summary').$type<SessionSummary>().notNull(),
    /** Always read and written as a whole, which `json` does at half the cost of `jsonb`. */
    document: json('document').$type<SessionDocument>().notNull(),
  },
  (table) => [
    uniqueIndex('sessions_store_version').on(table.storeId, table.version),
    index('sessions_store_day').on(table.storeId, table.localDate, table.version),
    index('sessions_customer')
      .on(table.storeId, sql`(summary ->> 'customerId')`)
      .where(sql`summary ->> 'customerId' is not null`),
    index('sessions_expiry').on(table.expiresAt).where(sql`not ended`),
  ],
)

/** What a day's sessions are, kept by every transaction that writes one: the manifest and the tags of day blocks. */
export const storeDays = pgTable(
  'store_days',
  {
    storeId: text('store_id').notNull(),
    date: text('date').notNull(),
    count: integer('count').notNull(),
    /** Highest of the sessions. */
    version: integer('version').notNull(),
    versionSum: integer('version_sum').notNull(),
  },
  (table) => [primaryKey({ columns: [table.storeId, table.date] })],
)

/** Built day blocks, one per day: a cache that may be emptied at any time. */
export const dayBlocks = pgTable(
  'day_blocks',
  {
    storeId: text('store_id').notNull(),
    date: text('date').notNull(),
    /** Of the content; another one than the day has now makes the row worthless. */
    tag: text('tag').notNull(),
    /** `DAY_BLOCK_FORM` of the backend that built it. */
    form: text('form').notNull(),
    /** Bytes and CRC-32 of the block that `deflated` holds as a piece of a gzip stream. */
    length: integer('length').notNull(),
    crc: integer('crc').notNull(),
    deflated: bytes('deflated').notNull(),
  },
  (table) => [primaryKey({ columns: [table.storeId, table.date] })],
)

/** Every event id of a store, of facts and of decisions, with the session that holds it. */
export const eventIds = pgTable(
  'event_ids',
  {
    storeId: text('store_id').notNull(),
    eventId: text('event_id').notNull(),
    sessionId: text('session_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.storeId, table.eventId] })],
)

/** Answers to requests with an `Idempotency-Key`, kept for a day. */
export const idempotentAnswers = pgTable(
  'idempotent_answers',
  {
    storeId: text('store_id').notNull(),
    key: text('key').notNull(),
    /** Hash of what was asked for. */
    content: text('content').notNull(),
    status: integer('status').notNull(),
    body: text('body').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.storeId, table.key] }), index('idempotent_answers_age').on(table.createdAt)],
)

/** Every mutation that was processed, whatever its verdict: the memory behind "a repeat answers what the first did". */
export const mutations = pgTable(
  'mutations',
  {
    deviceId: text('device_id').notNull(),
    seq: integer('seq').notNull(),
    mutationId: text('mutation_id').notNull(),
    /** False for a later use of an id that another mutation has. */
    ownsId: boolean('owns_id').notNull(),
    content: text('content').notNull(),
    employeeNumber: text('employee_number').notNull(),
    arrivedAt: integer('arrived_at').notNull(),
    /** Null where the store does not exist. */
    storeId: text('store_id'),
    storeVersion: integer('store_version'),
    verdict: jsonb('verdict').$type<Verdict>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.deviceId, table.seq] }),
    uniqueIndex('mutations_id').on(table.mutationId).where(sql`owns_id`),
    index('mutations_outcomes').on(table.deviceId, table.storeId, table.storeVersion),
  ],
)

/** Until when a taken check stays its holder's without a sign of life of the console. */
export const checkLeases = pgTable(
  'check_leases',
  {
    sessionId: text('session_id').notNull(),
    verificationId: text('verification_id').notNull(),
    storeId: text('store_id').notNull(),
    employeeNumber: text('employee_number').notNull(),
    until: integer('until').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.verificationId] }),
    index('check_leases_until').on(table.until),
  ],
)

/** Entries of the registers of refused age verifications, one chain per store; never changed. */
export const refusals = pgTable(
  'refusals',
  {
    storeId: text('store_id').notNull(),
    number: integer('number').notNull(),
    hash: text('hash').notNull(),
    entry: json('entry').$type<RefusalEntry>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.storeId, table.number] })],
)

/** Notes on shifts and who took them over, one list per store; never changed. */
export const shiftEntries = pgTable(
  'shift_entries',
  {
    storeId: text('store_id').notNull(),
    number: integer('number').notNull(),
    /** Store-local day on which the shift begins, and its name. */
    date: text('date').notNull(),
    shift: text('shift').notNull(),
    entry: json('entry').$type<ShiftEntry>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.storeId, table.number] }),
    index('shift_entries_shift').on(table.storeId, table.date, table.shift),
  ],
)

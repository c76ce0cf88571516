/** Console side of the wire: sign-in, manifest, changes, pokes. */
import { z } from 'zod'
import { mutationResultSchema } from './decisions.ts'
import { areDistinct, idSchema, localDateSchema, shortTextSchema } from './primitives.ts'
import { sessionDocumentSchema } from './session-document.ts'
import { employeeSchema, storeSettingsSchema } from './store-settings.ts'

/**
 * Version of the wire contract; sent as header `floorwalker-protocol`. A backend speaks all versions from
 * `MIN_PROTOCOL_VERSION` to `PROTOCOL_VERSION` and answers 426 to others. `protocol-history.ts` lists what changed.
 */
export const PROTOCOL_VERSION = 1
export const MIN_PROTOCOL_VERSION = 1
export const PROTOCOL_HEADER = 'floorwalker-protocol'
export const DAY_BLOCK_MEDIA_TYPE = 'application/vnd.apache.arrow.stream'
/** Day blocks in frames (`day-frames.ts`). */
export const DAY_FRAMES_MEDIA_TYPE = 'application/vnd.floorwalker.day-frames'
export const ACCESS_TOKEN_LIFETIME_MS = 15 * 60_000
export const HEARTBEAT_INTERVAL_MS = 15_000

export const signInRequestSchema = z.object({
  employeeNumber: idSchema,
  password: z.string().min(1).max(255),
  device: z.object({ id: idSchema, name: shortTextSchema }),
})
export type SignInRequest = z.infer<typeof signInRequestSchema>

/** What the renderer sees of a sign-in: no token. */
export const identitySchema = z.object({ employee: employeeSchema, stores: z.array(storeSettingsSchema) })
export type Identity = z.infer<typeof identitySchema>

export const tokensSchema = z.object({ accessToken: z.string(), refreshToken: z.string() })
export const signInResponseSchema = identitySchema.extend(tokensSchema.shape)
/** `deviceId` moves the sign-in to another device id: a console that had to number its decisions anew has a new one. */
export const refreshRequestSchema = z.object({
  refreshToken: z.string().min(1).max(1_000),
  deviceId: idSchema.optional(),
})
/** What a console sends to its own origin, where the refresh token is added (main process) or a cookie. */
export const consoleRefreshRequestSchema = refreshRequestSchema.pick({ deviceId: true })

/** Optional body of a sign-out: ends the sign-in of the refresh token where the access token is gone. */
export const signOutRequestSchema = refreshRequestSchema.pick({ refreshToken: true }).partial()

export const timeResponseSchema = z.object({ now: z.string() })

export const manifestSchema = z.object({
  version: z.int(),
  epoch: z.string(),
  settings: storeSettingsSchema,
  /** `version` is the highest of the day's sessions, `versionSum` the sum of them: with `count` it tells a stale copy. */
  days: z.array(z.object({ date: localDateSchema, count: z.int(), version: z.int(), versionSum: z.int().optional() })),
})
export type Manifest = z.infer<typeof manifestSchema>

export const changeSchema = z.union([
  z.object({ version: z.int(), session: sessionDocumentSchema }),
  z.object({ version: z.int(), deleted: z.string() }),
])
export type Change = z.infer<typeof changeSchema>

export const changesPageSchema = z.object({
  changes: z.array(changeSchema),
  version: z.int(),
  more: z.boolean(),
  epoch: z.string(),
  /** The device of this sign-in, whose `lastMutationSeq` and `outcomes` these are. */
  deviceId: z.string().optional(),
  /** Highest seq of this device that was processed, over all stores. */
  lastMutationSeq: z.int(),
  /** Verdicts on this device's mutations to this store since the cursor. */
  outcomes: z.array(mutationResultSchema),
  /** The store's settings now. */
  settings: storeSettingsSchema.optional(),
  /** Number of the last entry in the store's register of refusals; 0 where it has none. */
  lastRefusal: z.int().optional(),
  /** Number of the store's last entry of a shift; 0 where it has none. */
  lastShiftEntry: z.int().optional(),
})
export type ChangesPage = z.infer<typeof changesPageSchema>
export const changesResponseSchema = z.union([
  z.object({ reset: z.literal(true), epoch: z.string() }),
  changesPageSchema,
])

/** A poke says "go and pull"; a missed one costs latency, never data. */
export const pokeSchema = z.object({ storeId: z.string(), version: z.int() })
export type Poke = z.infer<typeof pokeSchema>

export const MAX_DOCUMENTS_PER_REQUEST = 100

/** `POST /v1/sync/stores/{storeId}/sessions`: documents by id; ids the store does not have are left out. */
export const documentsRequestSchema = z.object({ ids: z.array(idSchema).max(MAX_DOCUMENTS_PER_REQUEST) })
export const documentsResponseSchema = z.object({ sessions: z.array(sessionDocumentSchema) })

export const MAX_DAYS_PER_REQUEST = 64

/** `POST /v1/sync/stores/{storeId}/days`: blocks of several days in one answer, in this order. */
export const daysRequestSchema = z.object({
  dates: z.array(localDateSchema).min(1).max(MAX_DAYS_PER_REQUEST).refine(areDistinct, 'must not name a day twice'),
})

/**
 * What a frame of the answer says of itself: the day whose block follows and the tag of that block, as in the ETag of the
 * single day; or, last, that the answer is whole, with the asked days that did not fit: ask for them again.
 */
export const dayFrameHeadSchema = z.union([
  z.object({ date: localDateSchema, tag: z.string() }),
  z.object({ end: z.literal(true), left: z.array(localDateSchema) }),
])
export type DayFrameHead = z.infer<typeof dayFrameHeadSchema>

export const MAX_LEASES_PER_REQUEST = 100

const heldCheckSchema = z.object({ storeId: idSchema, sessionId: idSchema, verificationId: idSchema })
/** `POST /v1/sync/leases`: the console is alive and its employee has these checks. */
export const leasesRequestSchema = z.object({ checks: z.array(heldCheckSchema).max(MAX_LEASES_PER_REQUEST) })
export type HeldCheck = z.infer<typeof heldCheckSchema>
/** Until when each is held now; null where the employee does not have it, or not any more. */
export const leasesResponseSchema = z.object({
  leases: z.array(heldCheckSchema.extend({ until: z.string().nullable() })),
})
export type LeasesResponse = z.infer<typeof leasesResponseSchema>

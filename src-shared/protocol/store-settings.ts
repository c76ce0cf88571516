/** A store and its settings, and the bootstrap file a backend starts from. */
import { z } from 'zod'
import { isTimeZone } from '../time/local-day.ts'
import { currencySchema, idSchema, shortTextSchema } from './primitives.ts'

export const expirySchema = z.object({
  mode: z.enum(['midnight', 'inactivity', 'either', 'never']).default('either'),
  inactivityMinutes: z.int().min(1).max(14_400).default(120),
})

/** How a store handles its checks. */
export const checkSettingsSchema = z.object({
  /** Waiting longer than these, a shopper is shown as waiting long and too long. */
  warnAfterSeconds: z.int().min(1).max(86_400).default(30),
  alarmAfterSeconds: z.int().min(1).max(86_400).default(60),
  /** Pieces of a partial rescan, unless the supervisor wants another number. */
  partialPieces: z.int().min(1).max(1_000).default(5),
  /** A taken check waits again after this long without a sign of life of its holder's console. */
  leaseSeconds: z.int().min(10).max(86_400).default(90),
})
export type CheckSettings = z.infer<typeof checkSettingsSchema>

const minutesToDiscardSchema = z.int().min(1).max(14_400).nullable()
/** Minutes since it was scanned after which an item that was left must be discarded, by its storage; null: never. */
export const putBackSettingsSchema = z.object({
  chilledMinutes: minutesToDiscardSchema.default(30),
  frozenMinutes: minutesToDiscardSchema.default(20),
  ambientMinutes: minutesToDiscardSchema.default(null),
})
export type PutBackSettings = z.infer<typeof putBackSettingsSchema>

export const MAX_SHIFT_NAME_LENGTH = 60
/** A shift begins at `from` (HH:MM, local time) and lasts until the next one begins, the last of a day over midnight. */
export const shiftSchema = z.object({
  name: shortTextSchema.min(1).max(MAX_SHIFT_NAME_LENGTH),
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day as HH:MM'),
})
export type Shift = z.infer<typeof shiftSchema>

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length
const shiftsSchema = z
  .array(shiftSchema)
  .max(24)
  .refine((shifts) => isDistinct(shifts.map(({ name }) => name)), 'must not name a shift twice')
  .refine((shifts) => isDistinct(shifts.map(({ from }) => from)), 'must not begin two shifts at the same time')

export const storeSettingsSchema = z.object({
  id: idSchema,
  name: shortTextSchema.min(1),
  timezone: z.string().refine(isTimeZone, 'is not a known IANA time zone'),
  currency: currencySchema,
  expiry: expirySchema.prefault({}),
  staleAfterMinutes: z.int().min(1).max(14_400).default(30),
  checks: checkSettingsSchema.prefault({}),
  shifts: shiftsSchema.default([
    { name: 'Early', from: '06:00' },
    { name: 'Late', from: '14:00' },
    { name: 'Night', from: '22:00' },
  ]),
  putBack: putBackSettingsSchema.prefault({}),
})
export type StoreSettings = z.infer<typeof storeSettingsSchema>

export const roleSchema = z.enum(['supervisor', 'manager', 'viewer'])
export type Role = z.infer<typeof roleSchema>

/** Whether a role is shown figures of single employees, and who checked which sessions. */
export const seesEmployees = (role: Role | undefined): boolean => role === 'manager'

export const employeeSchema = z.object({ number: z.string(), name: z.string(), role: roleSchema })
export type Employee = z.infer<typeof employeeSchema>

/** Content of the file named by `BOOTSTRAP`; applied idempotently at every start of the backend. */
export const bootstrapSchema = z
  .object({
    stores: z.array(storeSettingsSchema),
    apiKeys: z.array(z.object({ key: z.string().min(8).max(255), stores: z.array(idSchema) })).default([]),
    employees: z
      .array(
        z.object({
          number: idSchema,
          name: shortTextSchema.min(1),
          password: z.string().min(1).max(255),
          role: roleSchema,
          stores: z.array(idSchema),
        }),
      )
      .default([]),
  })
  .superRefine((file, context) => {
    const known = new Set(file.stores.map((store) => store.id))
    const references = [
      ...file.apiKeys.map((entry, index) => ({ list: 'apiKeys', index, stores: entry.stores })),
      ...file.employees.map((entry, index) => ({ list: 'employees', index, stores: entry.stores })),
    ]
    for (const { list, index, stores } of references) {
      stores.forEach((storeId, position) => {
        if (!known.has(storeId)) {
          context.addIssue({
            code: 'custom',
            path: [list, index, 'stores', position],
            message: `names a store that the file does not have: ${storeId}`,
          })
        }
      })
    }
  })
export type Bootstrap = z.infer<typeof bootstrapSchema>

/**
 * Requests of the customer-session endpoints, as Talon.One's Integration API documents them. Money is decimal there;
 * `readChanges` turns it into minor units. Fields this backend has no use for are accepted and ignored.
 */
import { z } from 'zod'
import type { CartLine, SessionChanges } from '../lifecycle/lifecycle-command.ts'
import { toMinorUnits } from '../money/minor-units.ts'
import { nestsDeeperThan, unstorableField } from './canonical-json.ts'
import { lifecycleStateSchema } from './lifecycle-state.ts'
import { idSchema, isStorableText, moneySchema, nameSchema, shortTextSchema } from './primitives.ts'

export const MAX_CART_ITEMS = 1_000
export const MAX_CART_QUANTITY = 10_000
const MAX_ATTRIBUTE_DEPTH = 20
/** Characters of JSON. */
const MAX_SESSION_ATTRIBUTES = 65_536
const MAX_ITEM_ATTRIBUTES = 4_096

const amountSchema = z.number().min(0)
const costsSchema = z
  .record(shortTextSchema.min(1), z.object({ price: amountSchema }))
  .refine((costs) => Object.keys(costs).length <= 100, 'must not have more than 100 entries')
const textListSchema = (max: number) => z.array(shortTextSchema).max(max)

function attributesSchema(maxCharacters: number) {
  return z
    .record(z.string(), z.unknown())
    .refine((attributes) => !nestsDeeperThan(attributes, MAX_ATTRIBUTE_DEPTH), {
      error: `must not nest deeper than ${MAX_ATTRIBUTE_DEPTH} levels`,
      abort: true,
    })
    .refine((attributes) => unstorableField(attributes) === null, {
      error: 'must not contain NUL characters or lone surrogates',
      abort: true,
    })
    .refine((attributes) => JSON.stringify(attributes).length <= maxCharacters, {
      error: `must not be longer than ${maxCharacters} characters of JSON`,
    })
}

const cartItemSchema = z.object({
  name: nameSchema.or(z.literal('')).nullish(),
  sku: idSchema,
  quantity: z.int().min(1).max(MAX_CART_QUANTITY),
  price: amountSchema,
  category: shortTextSchema.nullish(),
  weight: z.number().nullish(),
  height: z.number().nullish(),
  width: z.number().nullish(),
  length: z.number().nullish(),
  attributes: attributesSchema(MAX_ITEM_ATTRIBUTES).nullish(),
  additionalCosts: costsSchema.nullish(),
})

const newCustomerSessionSchema = z.object({
  profileId: idSchema.or(z.literal('')).nullish(),
  storeIntegrationId: idSchema.or(z.literal('')).nullish(),
  state: lifecycleStateSchema.nullish(),
  cartItems: z
    .array(cartItemSchema)
    .max(MAX_CART_ITEMS, `must not have more than ${MAX_CART_ITEMS} items`)
    .refine((items) => items.reduce((sum, item) => sum + item.quantity, 0) <= MAX_CART_QUANTITY, {
      error: `must not have a total quantity of more than ${MAX_CART_QUANTITY}`,
    })
    .nullish(),
  couponCodes: textListSchema(100).nullish(),
  referralCode: shortTextSchema.nullish(),
  loyaltyCards: textListSchema(10).nullish(),
  identifiers: textListSchema(10).nullish(),
  attributes: attributesSchema(MAX_SESSION_ATTRIBUTES).nullish(),
  additionalCosts: costsSchema.nullish(),
})
export type NewCustomerSession = z.infer<typeof newCustomerSessionSchema>

/** Names of data to add to the answer; unknown ones are ignored. */
const responseContentSchema = z.array(z.string().max(255)).max(100).nullish()

export const updateRequestSchema = z.object({
  customerSession: newCustomerSessionSchema,
  responseContent: responseContentSchema,
})

export const returnRequestSchema = z.object({
  return: z.object({
    returnedCartItems: z
      .array(
        z.object({
          position: z.int().min(0).nullish(),
          sku: z.string().nullish(),
          quantity: z.int().min(1).nullish(),
        }),
      )
      .min(1)
      .max(MAX_CART_ITEMS),
  }),
  responseContent: responseContentSchema,
})

/** Header value of `Idempotency-Key`. */
export const idempotencyKeySchema = z.string().min(1).max(255).refine(isStorableText)
export const IDEMPOTENCY_LIFETIME_MS = 24 * 3_600_000

/** A field that the store's currency does not allow. */
export interface FieldFault {
  field: string
  message: string
}

/** The changes a request asks for, in minor units of a currency (ISO 4217 code); or the field that is wrong. */
export function readChanges(request: NewCustomerSession, currency: string): SessionChanges | FieldFault {
  let fault: FieldFault | null = null
  const money = (amount: number, field: string): number => {
    const units = toMinorUnits(amount, currency)
    if (units !== null && moneySchema.safeParse(units).success) return units
    fault ??= {
      field: `customerSession.${field}`,
      message: `is not an amount of ${currency}: too many decimals, or too large`,
    }
    return 0
  }
  const costs = (given: Record<string, { price: number }>, field: string): Record<string, number> =>
    Object.fromEntries(Object.entries(given).map(([name, { price }]) => [name, money(price, `${field}.${name}.price`)]))
  const cartLines = request.cartItems?.map((item, index): CartLine => {
    const { name, sku, quantity, price, category, attributes, additionalCosts } = item
    const measures = measuresOf(item)
    return {
      sku,
      name: name || sku,
      quantity,
      unitPrice: money(price, `cartItems.${index}.price`),
      category: category ?? undefined,
      attributes: attributes ?? undefined,
      additionalCosts: additionalCosts ? costs(additionalCosts, `cartItems.${index}.additionalCosts`) : undefined,
      measures,
    }
  })
  const changes: SessionChanges = {
    // An empty profile id says that the customer is not known yet.
    customerId: request.profileId || undefined,
    cartLines,
    attributes: request.attributes ?? undefined,
    couponCodes: request.couponCodes ?? undefined,
    referralCode: request.referralCode ?? undefined,
    loyaltyCards: request.loyaltyCards ?? undefined,
    identifiers: request.identifiers ?? undefined,
    additionalCosts: request.additionalCosts ? costs(request.additionalCosts, 'additionalCosts') : undefined,
  }
  return fault ?? changes
}

function measuresOf({ weight, height, width, length }: z.infer<typeof cartItemSchema>): CartLine['measures'] {
  const given = Object.entries({ weight, height, width, length }).filter(([, value]) => value != null)
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import { lifecycleStateSchema } from '../protocol/lifecycle-state.ts'
import type { SessionDocument, SessionEvent } from '../protocol/session-document.ts'
import { foldSession, judgedUpTo } from '../session/fold-session.ts'
import type { SessionFrame } from '../session/fold-state.ts'
import { judgeCommand, refusalMessage } from './judge-command.ts'
import type { CartLine, LifecycleCommand } from './lifecycle-command.ts'

const frame: SessionFrame = {
  id: 's1',
  storeId: 'berlin',
  settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'either', inactivityMinutes: 120 } },
  version: 1,
}
const T0 = Date.parse('2026-03-10T10:00:00.000Z')
const MINUTE = 60_000
const at = (ms: number) => new Date(T0 + ms).toISOString()
const line = (sku: string, quantity = 1, unitPrice = 100): CartLine => ({ sku, name: sku, quantity, unitPrice })
const fact = (ms: number, type: string, payload: Record<string, unknown> = {}): SessionEvent => ({
  id: `${type} ${ms}`,
  type,
  at: at(ms),
  source: 'store',
  ...payload,
})

/** A session that commands and facts arrive at, judged as the backend does. */
function world(now = 0) {
  let events: SessionEvent[] = []
  let counter = 0
  const document = (): SessionDocument | null => (events.length === 0 ? null : foldSession(frame, events, T0 + now))
  return {
    now: () => now,
    after(ms: number) {
      now += ms
      return this
    },
    send(command: LifecycleCommand) {
      counter += 1
      const before = document()
      const judged = judgeCommand(before, command, {
        id: `c${String(counter).padStart(4, '0')}`,
        nowMs: T0 + now,
        source: 'integration',
      })
      if (before !== null || judged.refusal === null) events = [...events, judged.event]
      return judged
    },
    report(...facts: SessionEvent[]) {
      events = [...events, ...facts]
      return this
    },
    events: () => events,
    session(): SessionDocument {
      const current = document()
      if (current === null) throw new Error('there is no session')
      return current
    },
  }
}
const update = (changes = {}): LifecycleCommand => ({ type: 'session.update', changes })
const close: LifecycleCommand = { type: 'session.close', changes: {} }
const cancel: LifecycleCommand = { type: 'session.cancel', changes: {} }
const reopen: LifecycleCommand = { type: 'session.reopen' }
const giveBack: LifecycleCommand = { type: 'items.return', items: [{ sku: 'milk', quantity: 1 }] }

function inState(state: LifecycleState) {
  const story = world()
  story.send(update({ cartLines: [line('milk', 3), line('bread')] }))
  if (state !== 'open') story.send(state === 'cancelled' ? cancel : close)
  if (state === 'partially_returned') story.send(giveBack)
  expect(story.session().state).toBe(state)
  return story
}

const commands = { update: update({ cartLines: [] }), close, cancel, reopen, return: giveBack }
/** Every cell: the state afterwards, or the code of the refusal. */
const cells: Record<LifecycleState, Record<keyof typeof commands, LifecycleState | 'transition' | 'changes'>> = {
  open: { update: 'open', close: 'closed', cancel: 'cancelled', reopen: 'transition', return: 'transition' },
  closed: {
    update: 'changes',
    close: 'transition',
    cancel: 'cancelled',
    reopen: 'open',
    return: 'partially_returned',
  },
  partially_returned: {
    update: 'changes',
    close: 'transition',
    cancel: 'cancelled',
    reopen: 'transition',
    return: 'partially_returned',
  },
  cancelled: {
    update: 'changes',
    close: 'transition',
    cancel: 'transition',
    reopen: 'transition',
    return: 'transition',
  },
}

describe('every command in every state', () => {
  for (const state of lifecycleStateSchema.options) {
    for (const name of Object.keys(commands) as (keyof typeof commands)[]) {
      const expected = cells[state][name]
      it(`${name} of a session that is ${state}: ${expected}`, () => {
        const story = inState(state)
        const before = story.session()
        const { refusal, event } = story.send(commands[name])
        const after = story.session()
        if (expected !== 'transition' && expected !== 'changes') {
          expect(refusal).toBeNull()
          expect(after.state).toBe(expected)
          expect(after.anomalies).toEqual([])
          return
        }
        expect(refusal).toMatchObject({ code: `${expected}_refused`, from: state })
        expect(event.verdict).toMatchObject({ status: 'refused', code: `${expected}_refused`, from: state })
        expect(after).toEqual({ ...before, events: [...before.events, event] })
      })
    }
  }

  it('creates a session as open or closed only', () => {
    expect(world().send(update()).refusal).toBeNull()
    expect(world().send(close).refusal).toBeNull()
    for (const command of [cancel, reopen, giveBack]) {
      expect(world().send(command).refusal).toMatchObject({ code: 'transition_refused', from: null })
    }
    const { refusal } = world().send({ type: 'session.update', changes: {}, stated: 'partially_returned' })
    expect(refusal).toEqual({ code: 'transition_refused', from: null, to: 'partially_returned' })
  })

  it('says how a state is reached where an update cannot reach it', () => {
    const opened = inState('closed').send({ type: 'session.update', changes: {}, stated: 'open' })
    expect(opened.refusal && refusalMessage(opened.refusal)).toContain('only by reopening it')
    const returned = inState('closed').send({ type: 'session.update', changes: {}, stated: 'partially_returned' })
    expect(returned.refusal && refusalMessage(returned.refusal)).toContain('only by a return')
  })
})

describe('updates', () => {
  it('keep what is not given, clear what is given empty, and replace the rest', () => {
    const story = world()
    story.send(
      update({ cartLines: [line('milk', 2)], couponCodes: ['A'], attributes: { city: 'Berlin' }, customerId: 'c1' }),
    )
    story.send(update({ referralCode: 'R' }))
    expect(story.session()).toMatchObject({
      customerId: 'c1',
      quantity: 2,
      attributes: { city: 'Berlin' },
      customerSession: { couponCodes: ['A'], referralCode: 'R', updateCount: 2 },
    })
    story.send(update({ cartLines: [], couponCodes: [], attributes: {} }))
    expect(story.session()).toMatchObject({
      customerId: 'c1',
      quantity: 0,
      total: 0,
      lineItems: [],
      attributes: {},
      customerSession: { couponCodes: [], referralCode: 'R' },
    })
  })

  it('keep the ids of lines by SKU, tell lines of one SKU apart, and keep what store systems know of them', () => {
    const story = world(10)
    story.report(
      fact(0, 'item.added', { lineId: 'l1', sku: 'wine', name: 'Wine', quantity: 1, unitPrice: 500, minAge: 18 }),
    )
    story.send(update({ cartLines: [line('milk'), line('wine', 2, 500), line('milk', 4)] }))
    expect(story.session().lineItems).toMatchObject([
      { lineId: 'milk', quantity: 1 },
      { lineId: 'l1', quantity: 2, minAge: 18, total: 1_000 },
      { lineId: 'milk#2', quantity: 4 },
    ])
    story.send(update({ cartLines: [line('milk', 4), line('bread')] }))
    expect(story.session().lineItems.map(({ lineId }) => lineId)).toEqual(['milk', 'bread'])
  })

  it('name unchanged lines instead of repeating them, and mean the same', () => {
    const story = world()
    const lines = Array.from({ length: 50 }, (_, index) => line(`sku ${index}`, index + 1))
    story.send(update({ cartLines: lines }))
    story.send(update({ cartLines: [...lines, line('more')] }))
    const { event } = story.send(update({ cartLines: lines.slice(1).toReversed() }))
    expect(JSON.stringify(event).length).toBeLessThan(1_000)
    expect(story.session().lineItems.map(({ sku }) => sku)).toEqual(
      lines
        .slice(1)
        .toReversed()
        .map(({ sku }) => sku),
    )
  })

  it('identify an anonymous session later', () => {
    const story = world()
    story.send(update())
    expect(story.session().customerId).toBeNull()
    story.send(update({ customerId: 'c1' }))
    expect(story.session().customerId).toBe('c1')
  })
})

describe('closing, reopening, returning', () => {
  it('makes a closed session paid, with a transaction that keeps what it was for', () => {
    const story = world()
    story.send({
      type: 'session.close',
      changes: { cartLines: [line('milk', 3, 119)], additionalCosts: { delivery: 400 } },
    })
    expect(story.session()).toMatchObject({
      state: 'closed',
      progress: 'payment_completed',
      endedAt: null,
      total: 357,
      transactions: [{ status: 'completed', amount: 757, lineItems: [{ sku: 'milk', quantity: 3 }] }],
    })
  })

  it('completes the payment under way instead of adding one', () => {
    const story = world(100)
    story.report(
      fact(0, 'session.started', { client: { type: 'matrix' } }),
      fact(1, 'payment.started', { transactionId: 't1' }),
    )
    story.send(close)
    expect(story.session().transactions).toMatchObject([{ id: 't1', status: 'completed', amount: 0 }])
  })

  it('refuses a cancellation that changes a closed session, and takes one that repeats it as it is', () => {
    const basket = { cartLines: [line('milk', 3), line('bread')] }
    const changed = inState('closed').send({ type: 'session.cancel', changes: { cartLines: [line('milk', 2)] } })
    expect(changed.refusal).toEqual({ code: 'changes_refused', from: 'closed', to: 'closed' })
    const story = inState('closed')
    expect(story.send({ type: 'session.cancel', changes: basket }).refusal).toBeNull()
    expect(story.session()).toMatchObject({ state: 'cancelled', endReason: 'cancelled', quantity: 4 })
  })

  it('reopens a session that was paid and left: open, not ended, and the expiry policy counts anew', () => {
    const story = inState('closed')
    story.report(fact(5_000, 'exit.scanned')).after(10 * 60 * MINUTE)
    expect(story.session()).toMatchObject({ endReason: 'completed', progress: 'session_completed' })
    expect(story.send(reopen).refusal).toBeNull()
    expect(story.session()).toMatchObject({
      state: 'open',
      progress: 'basket_created',
      endedAt: null,
      endReason: null,
      quantity: 4,
      expiresAt: at(12 * 60 * MINUTE),
      transactions: [{ status: 'completed' }],
    })
    story.after(60 * MINUTE).send(update({ cartLines: [line('milk', 1)] }))
    story.send(close)
    expect(story.session()).toMatchObject({ state: 'closed', quantity: 1, transactions: [{}, { amount: 100 }] })
  })

  it('reopens a paid session that had expired, even days later, and abandons it if nobody pays again', () => {
    const story = inState('closed').after(3 * 24 * 60 * MINUTE)
    expect(story.session()).toMatchObject({ state: 'closed', endReason: 'expired_inactivity' })
    expect(story.send(reopen).refusal).toBeNull()
    expect(story.session()).toMatchObject({ state: 'open', endedAt: null, expiresAt: at(story.now() + 120 * MINUTE) })
    story.after(3 * 60 * MINUTE)
    expect(story.session()).toMatchObject({ state: 'cancelled', progress: 'abandoned' })
    expect(story.send(reopen).refusal).toEqual({ code: 'transition_refused', from: 'cancelled', to: 'open' })
  })

  it('keeps the end that the policy named when an expired session is cancelled, or gets items back', () => {
    const story = inState('closed').after(24 * 60 * MINUTE)
    const { endedAt } = story.session()
    expect(story.send(giveBack).refusal).toBeNull()
    expect(story.session()).toMatchObject({ state: 'partially_returned', endedAt, endReason: 'expired_inactivity' })
    expect(story.send(cancel).refusal).toBeNull()
    expect(story.session()).toMatchObject({ state: 'cancelled', endedAt, endReason: 'expired_inactivity' })
  })

  it('takes returned items off quantity and total, whichever way they are named', () => {
    const story = inState('closed')
    story.send({ type: 'items.return', items: [{ position: 0, quantity: 2 }] })
    expect(story.session()).toMatchObject({
      state: 'partially_returned',
      quantity: 2,
      total: 200,
      lineItems: [{ quantity: 3, returnedQuantity: 2, total: 100 }, { returnedQuantity: 0 }],
      transactions: [{ amount: 400, lineItems: [{ returnedQuantity: 0, total: 300 }, {}] }],
    })
    story.send({ type: 'items.return', items: [{ position: 0, sku: 'milk' }, { sku: 'bread' }] })
    expect(story.session()).toMatchObject({ state: 'partially_returned', quantity: 0, total: 0 })
  })

  it.each([
    [{ position: 2 }, 'position'],
    [{ sku: 'beer' }, 'sku'],
    [{ position: 1, sku: 'milk' }, 'sku'],
    [{ sku: 'milk', quantity: 4 }, 'quantity'],
    [{ quantity: 1 }, null],
  ])('refuses to return %j and says what is wrong', (item, part) => {
    const story = inState('closed')
    const { refusal } = story.send({ type: 'items.return', items: [{ sku: 'bread' }, item] })
    expect(refusal).toMatchObject({ code: 'return_refused', item: 1, part })
    expect(story.session()).toMatchObject({ state: 'closed', quantity: 4 })
  })

  it('counts what is asked for twice in one return together', () => {
    const { refusal } = inState('closed').send({
      type: 'items.return',
      items: [
        { sku: 'milk', quantity: 2 },
        { position: 0, quantity: 2 },
      ],
    })
    expect(refusal).toMatchObject({ code: 'return_refused', item: 1, part: 'quantity' })
  })

  it('keeps its effect when an earlier cancellation arrives after it, and lists the contradiction', () => {
    const story = inState('closed')
    story.report(fact(-1_000, 'session.cancelled'))
    const document = story.session()
    expect(document).toMatchObject({ state: 'closed', progress: 'payment_completed', endedAt: null })
    expect(document.anomalies.map(({ code }) => code)).toEqual(['overtaken', 'overtaken'])
  })

  it('comes after everything it was judged by, although the store has a fast clock', () => {
    const story = world()
    story.report(
      fact(0, 'session.started', { client: { type: 'matrix' } }),
      fact(5 * MINUTE, 'payment.completed', { transactionId: 't1', amount: 1 }),
    )
    expect(story.send(reopen).refusal).toBeNull()
    expect(story.session()).toMatchObject({ state: 'open', progress: 'basket_created' })
  })
})

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_123)
const skus = fc.constantFrom('milk', 'bread', 'wine')
const cartLine = fc.record({
  sku: skus,
  name: skus,
  quantity: fc.integer({ min: 1, max: 9 }),
  unitPrice: fc.integer({ min: 0, max: 9_999 }),
})
const changes = fc.record(
  {
    customerId: fc.constantFrom('c1', 'c2'),
    attributes: fc.dictionary(fc.constantFrom('a', 'b'), fc.nat()),
    couponCodes: fc.array(fc.constantFrom('A', 'B'), { maxLength: 2 }),
    additionalCosts: fc.dictionary(fc.constantFrom('bag', 'ship'), fc.nat(500)),
    cartLines: fc.array(cartLine, { maxLength: 4 }),
  },
  { requiredKeys: [] },
)
const anyCommand: fc.Arbitrary<LifecycleCommand> = fc.oneof(
  fc.record({ type: fc.constantFrom('session.update' as const, 'session.close' as const), changes }),
  fc.record({ type: fc.constant('session.cancel' as const), changes: fc.constant({}) }),
  fc.constant(reopen),
  fc.record({
    type: fc.constant('items.return' as const),
    items: fc.array(
      fc.record({ position: fc.nat(4), sku: skus, quantity: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: [] }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
)
const anyFact = fc
  .record({
    type: fc.constantFrom(
      'session.started',
      'item.added',
      'item.quantity_changed',
      'item.removed',
      'payment.started',
      'payment.cancelled',
      'payment.completed',
      'exit.scanned',
      'session.cancelled',
      'customer.identified',
    ),
    // Facts arrive late, or from a clock that is ahead.
    offset: fc.integer({ min: -200 * MINUTE, max: 20 * MINUTE }),
    lineId: fc.constantFrom('milk', 'l1', 'milk#2'),
    quantity: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ type, offset, lineId, quantity }) => ({
    offset,
    type,
    payload: {
      client: { type: 'matrix' },
      lineId,
      sku: 'milk',
      name: 'Milk',
      quantity,
      unitPrice: 50,
      transactionId: `t${quantity}`,
      amount: 1,
      customerId: 'c9',
    },
  }))
const anyStory = fc.array(
  fc.oneof(
    fc.record({ wait: fc.nat(60 * MINUTE), command: anyCommand }),
    fc.record({ wait: fc.nat(60 * MINUTE), fact: anyFact }),
  ),
  { minLength: 1, maxLength: 20 },
)
type Story = typeof anyStory extends fc.Arbitrary<infer Value> ? Value : never

/** Tells a story; `check` sees each command with the session before and after it. */
function tell(
  story: Story,
  check: (
    command: LifecycleCommand,
    refused: boolean,
    after: SessionDocument,
    before: SessionDocument | null,
  ) => void = () => undefined,
) {
  const told = world()
  for (const [index, step] of story.entries()) {
    told.after(step.wait)
    if ('fact' in step) {
      const { type, offset, payload } = step.fact
      told.report({ ...fact(told.now() + offset, type, payload), id: `f${index}` })
      continue
    }
    const before = told.events().length === 0 ? null : told.session()
    const { refusal } = told.send(step.command)
    if (told.events().length > 0) check(step.command, refusal !== null, told.session(), before)
  }
  return told
}

function expectSound(document: SessionDocument) {
  let quantity = 0
  let total = 0
  for (const item of document.lineItems) {
    expect(item.returnedQuantity).toBeGreaterThanOrEqual(0)
    expect(item.returnedQuantity).toBeLessThanOrEqual(item.quantity)
    expect(item.total).toBe((item.quantity - item.returnedQuantity) * item.unitPrice)
    quantity += item.quantity - item.returnedQuantity
    total += item.total
  }
  expect(document).toMatchObject({ quantity, total })
  if (document.state === 'open') expect(document.endedAt).toBeNull()
}

describe(`properties of commands among facts (seed ${seed})`, () => {
  const options = { seed, numRuns: 500 }

  it('an applied command has its effect, a refused one has none', () => {
    const reached = { 'session.close': 'closed', 'session.cancel': 'cancelled', 'session.reopen': 'open' } as const
    fc.assert(
      fc.property(anyStory, (story) => {
        tell(story, (command, refused, after, before) => {
          expectSound(after)
          if (refused) {
            const { events: _events, ...same } = after
            const { events: _before, ...was } = before ?? after
            expect(same).toEqual(was)
            return
          }
          if (command.type === 'items.return') expect(after.state).toBe('partially_returned')
          else if (command.type !== 'session.update') expect(after.state).toBe(reached[command.type])
          if ('changes' in command && command.changes.cartLines !== undefined) {
            expect(after.lineItems.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice }))).toEqual(
              command.changes.cartLines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice })),
            )
          }
        })
      }),
      options,
    )
  })

  it('any order and repetition of the events gives the same document; so does a console', () => {
    fc.assert(
      fc.property(anyStory, fc.infiniteStream(fc.nat()), (story, keys) => {
        const told = tell(story)
        if (told.events().length === 0) return
        const document = told.session()
        const shuffled = [...told.events(), ...told.events().slice(0, 3)]
          .map((event) => ({ event, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ event }) => event)
        expect(foldSession(frame, shuffled, T0 + told.now())).toEqual(document)
        expect(foldSession(frame, document.events, judgedUpTo(document))).toEqual(document)
      }),
      options,
    )
  })

  it('a fold over any part of the events is sound', () => {
    fc.assert(
      fc.property(anyStory, fc.infiniteStream(fc.boolean()), (story, keep) => {
        const { events, now } = tell(story)
        for (let length = 1; length <= events().length; length += 1) {
          expectSound(foldSession(frame, events().slice(0, length), T0 + now()))
        }
        const part = events().filter(() => keep.next().value)
        if (part.length > 0) expectSound(foldSession(frame, part, T0 + now()))
      }),
      options,
    )
  })
})

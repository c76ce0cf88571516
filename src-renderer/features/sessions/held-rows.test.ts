import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type FreshRows, follow, hold, keyOf, longestRise, type ShownRows, straysOf } from './held-rows.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_129)

interface Row {
  storeId: string
  id: string
  value: number
}

/** A list by value, highest first, which is asked for pages as the worker is. */
class World {
  readonly rows = new Map<string, Row>()
  private next = 0

  add(value: number): void {
    this.put(`r${this.next}`, value)
    this.next += 1
  }
  put(id: string, value: number): void {
    this.rows.set(id, { storeId: 's', id, value })
  }
  order(): Row[] {
    return [...this.rows.values()].sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1))
  }
  page(offset: number, limit: number): FreshRows<Row> {
    const order = this.order()
    const from = Math.max(0, offset)
    return { offset: from, rows: order.slice(from, from + limit), count: order.length }
  }
}

const SLACK = 30
/** One look at the world, as the screen takes it. */
function look(world: World, shown: ShownRows<Row>, wanted: { offset: number; limit: number }): ShownRows<Row> | null {
  const fresh = world.page(wanted.offset + shown.shift - SLACK, wanted.limit + 2 * SLACK)
  const strays = straysOf(shown, fresh, wanted).map((key) => [keyOf(key), world.rows.get(key.id) ?? null] as const)
  return hold(shown, fresh, new Map(strays), wanted)
}

type Change = { type: 'add' | 'move'; pick: number; value: number } | { type: 'remove'; pick: number }
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constantFrom('add' as const, 'move' as const), pick: fc.nat(), value: fc.nat(2_000) }),
  fc.record({ type: fc.constant('remove' as const), pick: fc.nat() }),
)
function apply(world: World, step: Change): void {
  const all = [...world.rows.values()]
  const row = all[step.pick % Math.max(1, all.length)]
  if (step.type === 'add') world.add(step.value)
  else if (row !== undefined && step.type === 'move') world.put(row.id, step.value)
  else if (row !== undefined) world.rows.delete(row.id)
}

it(`moves no row while it is held, shows none twice, and each as it is now (seed ${seed})`, () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(250), fc.integer({ min: 5, max: 60 }))
  const rounds = fc.array(fc.tuple(fc.array(change, { maxLength: 8 }), fc.integer({ min: -40, max: 40 })), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(sizes, rounds, ([size, start, limit], rounds) => {
      const world = new World()
      for (let index = 0; index < size; index += 1) world.add((index * 977) % 2_000)
      let wanted = { offset: Math.min(start, size - 1), limit }
      let shown = follow(world.page(wanted.offset, wanted.limit))
      for (const [changes, scroll] of rounds) {
        for (const step of changes) apply(world, step)
        wanted = { offset: Math.max(0, wanted.offset + scroll), limit }
        const next = look(world, shown, wanted)
        if (next === null) {
          shown = follow(world.page(wanted.offset, wanted.limit))
          continue
        }
        const place = new Map(next.rows.map(({ key }, index) => [key, next.offset + index]))
        expect(place.size).toBe(next.rows.length)
        for (const [index, { key }] of shown.rows.entries()) {
          const now = place.get(key)
          if (now !== undefined) expect(now).toBe(shown.offset + index)
        }
        const inView = next.rows.slice(Math.max(0, wanted.offset - next.offset))
        for (const { row, gone } of inView.slice(0, limit)) {
          const actual = world.rows.get(row.id)
          expect(gone).toBe(actual === undefined)
          if (actual !== undefined) expect(row.value).toBe(actual.value)
        }
        shown = next
      }
    }),
    { seed, numRuns: 400 },
  )
})

it('is the list as it is while nothing has changed, wherever one scrolls', () => {
  const world = new World()
  for (let index = 0; index < 500; index += 1) world.add(index)
  let shown = follow(world.page(200, 50))
  for (const offset of [210, 240, 190, 150, 100, 60, 20, 0]) {
    const next = look(world, shown, { offset, limit: 50 })
    expect(next).not.toBeNull()
    shown = next as ShownRows<Row>
    const order = world.order().map(keyOf)
    expect(shown.rows.map(({ key }) => key)).toEqual(order.slice(shown.offset, shown.offset + shown.rows.length))
    expect(shown).toMatchObject({ count: 500, waiting: 0, shift: 0, isHeld: false })
  }
})

it('counts what waits to be let in: new rows above, and rows that moved up', () => {
  const world = new World()
  for (let index = 0; index < 100; index += 1) world.add(index)
  const shown = follow(world.page(0, 40))
  for (let index = 0; index < 7; index += 1) world.add(1_000 + index)
  const next = look(world, shown, { offset: 0, limit: 40 })
  expect(next).toMatchObject({ offset: 0, waiting: 7, shift: 7, count: 100, isHeld: true })
  expect(next?.rows.slice(0, 40).map(({ key }) => key)).toEqual(shown.rows.map(({ key }) => key))
  world.put('r95', 2_000)
  expect(look(world, next as ShownRows<Row>, { offset: 0, limit: 40 })).toMatchObject({ waiting: 8, isHeld: true })
})

it('shows a row that is gone as gone, in its place', () => {
  const world = new World()
  for (let index = 0; index < 20; index += 1) world.add(index)
  const shown = follow(world.page(0, 40))
  world.rows.delete('r15')
  const next = look(world, shown, { offset: 0, limit: 40 })
  expect(next?.rows.flatMap(({ row, gone }) => (gone ? row.id : []))).toEqual(['r15'])
  expect(next?.count).toBe(20)
})

it(`finds a longest rise (seed ${seed})`, () => {
  const naive = (places: readonly (number | null)[]): number => {
    const best: number[] = []
    for (const [index, place] of places.entries()) {
      const before = places
        .slice(0, index)
        .map((each, at) => (place !== null && each !== null && each < place ? (best[at] as number) : 0))
      best.push(place === null ? 0 : 1 + Math.max(0, ...before))
    }
    return Math.max(0, ...best)
  }
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(60)), { maxLength: 40 }), (places) => {
      const run = longestRise(places)
      expect(run).toHaveLength(naive(places))
      const values = run.map((index) => places[index] as number)
      expect(values).toEqual([...new Set(values)].sort((a, b) => a - b))
      expect(run).toEqual([...run].sort((a, b) => a - b))
    }),
    { seed },
  )
})

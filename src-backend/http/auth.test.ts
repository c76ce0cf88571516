import { expect, it } from 'vitest'
import { identitySchema, signInResponseSchema } from '#shared/protocol/sync.ts'
import { describeBackend, freshId, HOUR, MINUTE, problemIn, readEvents } from '../testing/test-backend.ts'

const ada = { employeeNumber: '100', password: 'correct horse', device: { id: 'auth-device', name: 'PC' } }

describeBackend('accounts', (world) => {
  it('signs in with the right password and says who and where', async () => {
    const response = await world().fetch('/v1/auth/sign-in', { json: ada })
    expect(response.status).toBe(200)
    const { employee, stores } = signInResponseSchema.parse(await response.json())
    expect(employee).toEqual({ number: '100', name: 'Ada', role: 'supervisor' })
    expect(stores.map(({ id, timezone }) => [id, timezone])).toEqual([
      ['berlin', 'Europe/Berlin'],
      ['patient', 'Europe/Berlin'],
    ])
  })

  it('refuses a wrong password, an unknown employee and malformed requests', async () => {
    const { fetch } = world()
    const signIn = (json: unknown) => fetch('/v1/auth/sign-in', { json })
    expect((await problemIn(await signIn({ ...ada, password: 'wrong' }), 401)).code).toBe('wrong_credentials')
    expect((await problemIn(await signIn({ ...ada, employeeNumber: '999' }), 401)).code).toBe('wrong_credentials')
    expect((await problemIn(await signIn({ ...ada, employeeNumber: 'a\u0000' }), 400)).field).toBe('employeeNumber')
    expect((await problemIn(await signIn({ ...ada, device: { id: '' } }), 400)).field).toBe('device.id')
    expect((await problemIn(await signIn('hello'), 400)).field).toBe('body')
  })

  it('slows down guessing, for one employee number only', async () => {
    const { fetch, clock } = world()
    const guess = (employeeNumber: string) =>
      fetch('/v1/auth/sign-in', { json: { ...ada, employeeNumber, password: 'guess' } })
    const burst = await Promise.all(Array.from({ length: 14 }, () => guess('101')))
    expect(burst.filter(({ status }) => status === 401)).toHaveLength(10)
    const slowed = await guess('101')
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await problemIn(slowed, 429)).code).toBe('too_many_requests')
    expect((await fetch('/v1/auth/sign-in', { json: ada })).status).toBe(200)
    clock.advance(MINUTE)
    expect(
      (await fetch('/v1/auth/sign-in', { json: { ...ada, employeeNumber: '101', password: 'battery' } })).status,
    ).toBe(200)
  })

  it('tells an expired, a revoked and a made-up token apart', async () => {
    const { fetch, signIn, clock } = world()
    const path = '/v1/sync/stores/berlin/manifest'
    const first = await signIn('100', 'token-device')
    expect((await fetch(path, { token: first.token })).status).toBe(200)
    expect((await problemIn(await fetch(path), 401)).code).toBe('unauthorized')
    const [body = '', signature = ''] = first.token.split('.')
    for (const token of ['x', 'x.y', `${body}.`, `${body}x.${signature}`, `${first.token}.z`]) {
      expect((await problemIn(await fetch(path, { token }), 401)).code).toBe('unauthorized')
    }
    clock.advance(15 * MINUTE)
    expect((await problemIn(await fetch(path, { token: first.token }), 401)).code).toBe('token_expired')
    const second = await signIn('100', 'token-device')
    expect((await fetch('/v1/auth/sign-out', { method: 'POST', token: second.token })).status).toBe(204)
    expect((await problemIn(await fetch(path, { token: second.token }), 401)).code).toBe('token_revoked')
    const refreshed = await fetch('/v1/auth/refresh', { json: { refreshToken: second.refreshToken } })
    expect((await problemIn(refreshed, 401)).code).toBe('token_revoked')
  })

  const refresh = (refreshToken: string) => world().fetch('/v1/auth/refresh', { json: { refreshToken } })
  const tokensIn = async (response: Response) => {
    expect(response.status).toBe(200)
    return signInResponseSchema.parse(await response.json())
  }
  const MANIFEST = '/v1/sync/stores/berlin/manifest'

  it('rotates refresh tokens; a stolen one ends the sign-in', async () => {
    const { fetch, signIn, clock } = world()
    const { refreshToken } = await signIn('100', 'refresh-device')
    const second = await tokensIn(await refresh(refreshToken))
    expect(second.refreshToken).not.toBe(refreshToken)
    // Two tabs: both refresh at once, and the first uses its answer before the other has asked.
    expect((await fetch(MANIFEST, { token: second.accessToken })).status).toBe(200)
    const third = await tokensIn(await refresh(refreshToken))
    expect((await refresh(second.refreshToken)).status).toBe(200)
    clock.advance(MINUTE)
    expect((await problemIn(await refresh(refreshToken), 401)).code).toBe('token_revoked')
    expect((await problemIn(await refresh(third.refreshToken), 401)).code).toBe('token_revoked')
    expect((await problemIn(await fetch(MANIFEST, { token: third.accessToken }), 401)).code).toBe('token_revoked')
    expect((await problemIn(await refresh('made up'), 401)).code).toBe('unauthorized')
  })

  it('takes the token before for as long as no successor was used: its answer got lost', async () => {
    const { fetch, signIn, clock } = world()
    const { token, refreshToken } = await signIn('100', freshId('device'))
    for (let tries = 0; tries < 3; tries++) {
      await tokensIn(await refresh(refreshToken))
      // The access token of before shows nothing about the answer.
      expect((await fetch(MANIFEST, { token })).status).toBe(tries === 0 ? 200 : 401)
      clock.advance(20 * 24 * HOUR)
    }
    const arrived = await tokensIn(await refresh(refreshToken))
    expect((await fetch(MANIFEST, { token: arrived.accessToken })).status).toBe(200)
    clock.advance(MINUTE)
    expect((await problemIn(await refresh(refreshToken), 401)).code).toBe('token_revoked')
    expect((await problemIn(await refresh(arrived.refreshToken), 401)).code).toBe('token_revoked')
  })

  it('ends the sign-in when the token of a lost answer turns up after the next rotation', async () => {
    const { signIn, clock } = world()
    const { refreshToken } = await signIn('100', freshId('device'))
    const stolen = await tokensIn(await refresh(refreshToken))
    const second = await tokensIn(await refresh(refreshToken))
    const third = await tokensIn(await refresh(second.refreshToken))
    const fourth = await tokensIn(await refresh(third.refreshToken))
    clock.advance(MINUTE)
    expect((await problemIn(await refresh(stolen.refreshToken), 401)).code).toBe('token_revoked')
    expect((await problemIn(await refresh(fourth.refreshToken), 401)).code).toBe('token_revoked')
  })

  it('moves a sign-in to another device id with a refresh', async () => {
    const { fetch, signIn } = world()
    const { refreshToken } = await signIn('100', freshId('device'))
    const deviceId = freshId('renumbered')
    const push = (token: string) => fetch('/v1/sync/mutations', { token, json: { deviceId, mutations: [] } })
    const plain = await tokensIn(await refresh(refreshToken))
    expect((await problemIn(await push(plain.accessToken), 403)).code).toBe('device_mismatch')
    const again = { refreshToken: plain.refreshToken, deviceId: '' }
    expect((await problemIn(await fetch('/v1/auth/refresh', { json: again }), 400)).field).toBe('deviceId')
    const moved = await tokensIn(await fetch('/v1/auth/refresh', { json: { ...again, deviceId } }))
    expect(await (await push(moved.accessToken)).json()).toEqual({ results: [], lastMutationSeq: 0 })
    // Also with the refreshes that follow and say nothing about a device.
    const later = await tokensIn(await refresh(moved.refreshToken))
    expect((await push(later.accessToken)).status).toBe(200)
  })

  it('signs out by the refresh token alone, as often as asked', async () => {
    const { fetch, signIn, clock } = world()
    const signOut = (json?: unknown) => fetch('/v1/auth/sign-out', { method: 'POST', json })
    const { token, refreshToken } = await signIn('100', freshId('device'))
    expect((await signOut()).status).toBe(204)
    expect((await signOut({})).status).toBe(204)
    expect((await signOut({ refreshToken: 'made up' })).status).toBe(204)
    expect((await problemIn(await signOut({ refreshToken: 7 }), 400)).field).toBe('refreshToken')
    expect((await fetch(MANIFEST, { token })).status).toBe(200)
    clock.advance(16 * MINUTE)
    expect((await signOut({ refreshToken })).status).toBe(204)
    expect((await signOut({ refreshToken })).status).toBe(204)
    expect((await problemIn(await refresh(refreshToken), 401)).code).toBe('token_revoked')
  })

  it('keeps employees to their stores', async () => {
    const { fetch, signIn } = world()
    const { token } = await signIn('300', 'new-york-device')
    for (const path of ['manifest', 'changes', 'days/2026-03-10']) {
      const response = await fetch(`/v1/sync/stores/berlin/${path}`, { token })
      expect((await problemIn(response, 403)).code).toBe('store_forbidden')
      const unknown = await fetch(`/v1/sync/stores/paris/${path}`, { token })
      expect((await problemIn(unknown, 404)).code).toBe('store_unknown')
    }
    expect((await fetch('/v1/sync/stores/new%20york%2F1/manifest', { token })).status).toBe(200)
  })

  it('ends the stream of a sign-in that was ended', async () => {
    const { fetch, signIn } = world()
    const { token } = await signIn('100', 'stream-device')
    const response = await fetch('/v1/sync/events', { token })
    const all = readEvents(response, () => false)
    await fetch('/v1/auth/sign-out', { method: 'POST', token })
    expect((await all)[0]).toMatchObject({ event: 'heartbeat' })
  })

  it('keeps tokens out of the page in a browser, and other sites out of its cookies', async () => {
    const { fetch, clock } = world()
    const own = { origin: 'http://localhost', host: 'localhost' }
    const signIn = (headers: Record<string, string>) => fetch('/api/v1/auth/sign-in', { json: ada, headers })
    expect((await problemIn(await signIn({}), 403)).code).toBe('origin_forbidden')
    expect((await problemIn(await signIn({ ...own, origin: 'http://evil.example' }), 403)).code).toBe(
      'origin_forbidden',
    )
    expect((await problemIn(await signIn({ 'sec-fetch-site': 'cross-site', ...own }), 403)).code).toBe(
      'origin_forbidden',
    )
    const response = await signIn(own)
    const text = await response.text()
    expect(identitySchema.strict().parse(JSON.parse(text)).employee.name).toBe('Ada')
    expect(text).not.toMatch(/token/i)
    const cookies = response.headers.getSetCookie()
    expect(cookies).toHaveLength(2)
    for (const cookie of cookies) expect(cookie).toMatch(/HttpOnly; SameSite=Strict|SameSite=Strict.*HttpOnly/)
    for (const cookie of cookies) expect(cookie).toMatch(/Path=\/api(;|$)/)
    const jar = (set: string[]) => set.map((cookie) => cookie.split(';')[0]).join('; ')
    const path = '/api/v1/sync/stores/berlin/manifest'
    expect((await fetch(path, { headers: { cookie: jar(cookies) } })).status).toBe(200)
    expect((await fetch(path)).status).toBe(401)
    clock.advance(16 * MINUTE)
    const expired = await fetch(path, { headers: { cookie: jar(cookies) } })
    expect((await problemIn(expired, 401)).code).toBe('token_expired')
    const refreshed = await fetch('/api/v1/auth/refresh', { method: 'POST', headers: { ...own, cookie: jar(cookies) } })
    expect(refreshed.status).toBe(200)
    const fresh = { cookie: jar(refreshed.headers.getSetCookie()) }
    expect((await fetch(path, { headers: fresh })).status).toBe(200)
    const moving = { method: 'POST', headers: { ...own, ...fresh } }
    const invalid = await fetch('/api/v1/auth/refresh', { ...moving, body: '{' })
    expect((await problemIn(invalid, 400)).code).toBe('invalid_json')
    const moved = await fetch('/api/v1/auth/refresh', { ...moving, json: { deviceId: 'new-tab-device' } })
    expect(moved.status).toBe(200)
    fresh.cookie = jar(moved.headers.getSetCookie())
    const push = { deviceId: 'new-tab-device', mutations: [] }
    const forged = await fetch('/api/v1/sync/mutations', {
      json: push,
      headers: { ...fresh, origin: 'http://evil.example' },
    })
    expect((await problemIn(forged, 403)).code).toBe('origin_forbidden')
    expect((await fetch('/api/v1/sync/mutations', { json: push, headers: { ...fresh, ...own } })).status).toBe(200)
    const out = await fetch('/api/v1/auth/sign-out', { method: 'POST', headers: { ...fresh, ...own } })
    expect(out.status).toBe(204)
    expect(out.headers.getSetCookie().every((cookie) => /Max-Age=0/.test(cookie))).toBe(true)
    const again = await fetch('/api/v1/auth/refresh', { method: 'POST', headers: { ...fresh, ...own } })
    expect(again.headers.getSetCookie()).toHaveLength(2)
    expect((await problemIn(again, 401)).code).toBe('token_revoked')
  })
})

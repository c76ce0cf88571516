/** Passwords, API keys and tokens: what is stored is a hash, what is compared is compared in constant time. */
import { createHash, createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

const SCRYPT = { N: 16_384, r: 8, p: 1 }
const KEY_BYTES = 32

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** Hash of a password with a fresh salt, as `scrypt$N$r$p$salt$key`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, SCRYPT)
  return ['scrypt', SCRYPT.N, SCRYPT.r, SCRYPT.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

const nobody = hashPassword(randomBytes(16).toString('hex'))

/** Whether a password fits a hash; without a hash (no such employee) it takes as long and is false. */
export async function passwordFits(password: string, hash: string | undefined): Promise<boolean> {
  const [, n, r, p, salt = '', key = ''] = (hash ?? (await nobody)).split('$')
  const expected = Buffer.from(key, 'base64url')
  const actual = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(n), r: Number(r), p: Number(p) })
  return actual.length === expected.length && timingSafeEqual(actual, expected) && hash !== undefined
}

/** Hash under which a secret of high entropy (API key, refresh token) is stored. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('base64url')
}

/** A fresh secret of 256 bits. */
export function mintSecret(): string {
  return randomBytes(32).toString('base64url')
}

const claimsSchema = z.object({ session: z.string(), generation: z.int(), expiresAt: z.int() })

/** What an access token says: its auth session, which rotation issued it, and until when it is good (UTC milliseconds). */
export type AccessClaims = z.infer<typeof claimsSchema>

const signatureOf = (body: string, key: string): Buffer => createHmac('sha256', key).update(body).digest()

export function signAccessToken(claims: AccessClaims, key: string): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${body}.${signatureOf(body, key).toString('base64url')}`
}

/** Claims of a token that was signed with this key, expired or not; null for any other text. */
export function readAccessToken(token: string, key: string): AccessClaims | null {
  const [body = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0) return null
  const expected = signatureOf(body, key)
  const actual = Buffer.from(signature, 'base64url')
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return null
  try {
    return claimsSchema.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')))
  } catch {
    return null
  }
}

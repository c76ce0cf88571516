/**
 * Holds the tokens of this PC's sign-in: the access token in memory only, the refresh token also on the disk where the
 * OS can encrypt it, and with it those of ended sign-ins whose backend has not been told yet. A token belongs to the
 * backend that gave it and is never sent to another.
 */
import { z } from 'zod'
import { type DurableFolder, replaceFile } from './durable-folder.ts'

const SIGN_IN_FILE = 'sign-in.bin'
/** Sign-ins that ended without network; of more than these the oldest are left to age at the backend. */
const MAX_TO_REVOKE = 100

/** Encryption by the OS; null where there is none worth the name. */
export interface SecretBox {
  encrypt(text: string): Promise<Uint8Array>
  decrypt(bytes: Uint8Array): Promise<string>
}

export interface Tokens {
  accessToken: string
  refreshToken: string
}

const grantSchema = z.object({ backendUrl: z.string(), refreshToken: z.string() })
type Grant = z.infer<typeof grantSchema>
const fileSchema = z.object({ signIn: grantSchema.nullable(), toRevoke: z.array(grantSchema) })

/** Marks one sign-in period: tokens that arrive after it ended (sign-out, other backend) are dropped. */
export type SignInPeriod = number

export class SignInKeeper {
  readonly canKeep: boolean
  readonly #folder: DurableFolder
  readonly #box: SecretBox | null
  #period: SignInPeriod = 0
  #accessToken: string | null = null
  #kept: Grant | null = null
  #toRevoke: Grant[] = []
  #writing: Promise<void> = Promise.resolve()

  private constructor(folder: DurableFolder, box: SecretBox | null) {
    this.#folder = folder
    this.#box = box
    this.canKeep = box !== null
  }

  /** Reads the kept sign-in; one that cannot be decrypted (another OS user, a new key) counts as none. */
  static async open(folder: DurableFolder, box: SecretBox | null): Promise<SignInKeeper> {
    const keeper = new SignInKeeper(folder, box)
    const bytes = await folder.read(SIGN_IN_FILE)
    if (bytes !== null && box !== null) {
      try {
        const { signIn, toRevoke } = fileSchema.parse(JSON.parse(await box.decrypt(bytes)))
        keeper.#kept = signIn
        keeper.#toRevoke = toRevoke
      } catch {
        keeper.#kept = null
      }
    }
    return keeper
  }

  get period(): SignInPeriod {
    return this.#period
  }

  accessToken(backendUrl: string): string | null {
    return this.#kept?.backendUrl === backendUrl ? this.#accessToken : null
  }

  /** The newest refresh token that this backend gave. */
  refreshToken(backendUrl: string): string | null {
    return this.#kept?.backendUrl === backendUrl ? this.#kept.refreshToken : null
  }

  /** Refresh tokens of ended sign-ins that this backend has not been told about, oldest first. */
  toRevoke(backendUrl: string): string[] {
    return this.#toRevoke.filter((grant) => grant.backendUrl === backendUrl).map((grant) => grant.refreshToken)
  }

  /**
   * Begins the sign-in that was asked for in `period`; the one before it is to be revoked. Resolves when it is on the
   * disk, if it may be there; to false where the period has ended meanwhile, and the new sign-in is to be revoked.
   */
  async begin(period: SignInPeriod, backendUrl: string, tokens: Tokens): Promise<boolean> {
    if (period !== this.#period) {
      this.#revokeLater({ backendUrl, refreshToken: tokens.refreshToken })
      await this.#store()
      return false
    }
    this.#end()
    await this.keep(this.#period, backendUrl, tokens)
    return true
  }

  /** Keeps the tokens of a refresh that began in `period`; resolves when they are on the disk, if they may be there. */
  async keep(period: SignInPeriod, backendUrl: string, tokens: Tokens): Promise<void> {
    if (period !== this.#period) return
    this.#kept = { backendUrl, refreshToken: tokens.refreshToken }
    await this.#store()
    // Not before: its first use ends the refresh token before this one, which a crash until now would leave on the disk.
    if (period === this.#period) this.#accessToken = tokens.accessToken
  }

  /** Ends a sign-in that the backend has ended, in memory at once. */
  async forget(): Promise<void> {
    this.#kept = null
    this.#end()
    await this.#store()
  }

  /** Ends the sign-in, in memory at once; its refresh token is kept until `revoked`. */
  async signOut(): Promise<void> {
    this.#end()
    await this.#store()
  }

  /** The backend has ended the sign-in of this token. */
  async revoked(backendUrl: string, refreshToken: string): Promise<void> {
    this.#toRevoke = this.#toRevoke.filter(
      (grant) => grant.backendUrl !== backendUrl || grant.refreshToken !== refreshToken,
    )
    await this.#store()
  }

  /** Resolves when no write is under way. */
  settled(): Promise<void> {
    return this.#writing
  }

  #end(): void {
    if (this.#kept !== null) this.#revokeLater(this.#kept)
    this.#period++
    this.#accessToken = null
    this.#kept = null
  }

  #revokeLater(grant: Grant): void {
    this.#toRevoke = [...this.#toRevoke, grant].slice(-MAX_TO_REVOKE)
  }

  /** A disk that does not take it costs a sign-in at the next start, nothing now. */
  #store(): Promise<void> {
    this.#writing = this.#writing
      .then(async () => {
        if (this.#box === null || (this.#kept === null && this.#toRevoke.length === 0)) {
          await this.#folder.remove(SIGN_IN_FILE)
          await this.#folder.sync()
        } else {
          const content: z.infer<typeof fileSchema> = { signIn: this.#kept, toRevoke: this.#toRevoke }
          await replaceFile(this.#folder, SIGN_IN_FILE, await this.#box.encrypt(JSON.stringify(content)))
        }
      })
      .catch((error) => console.error('sign-in not kept:', error instanceof Error ? error.message : error))
    return this.#writing
  }
}

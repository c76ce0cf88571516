/**
 * Holds the tokens of this PC's sign-in: the access token in memory only, the refresh token also on the disk where the
 * OS can encrypt it. A token belongs to the backend that gave it and is never sent to another.
 */
import { z } from 'zod'
import { type DurableFolder, replaceFile } from './durable-folder.ts'

const SIGN_IN_FILE = 'sign-in.bin'

/** Encryption by the OS; null where there is none worth the name. */
export interface SecretBox {
  encrypt(text: string): Promise<Uint8Array>
  decrypt(bytes: Uint8Array): Promise<string>
}

export interface Tokens {
  accessToken: string
  refreshToken: string
}

const keptSchema = z.object({ backendUrl: z.string(), refreshToken: z.string() })

/** Marks one sign-in period: tokens that arrive after it ended (sign-out, other backend) are dropped. */
export type SignInPeriod = number

export class SignInKeeper {
  readonly canKeep: boolean
  readonly #folder: DurableFolder
  readonly #box: SecretBox | null
  #period: SignInPeriod = 0
  #accessToken: string | null = null
  #kept: z.infer<typeof keptSchema> | null = null
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
        keeper.#kept = keptSchema.parse(JSON.parse(await box.decrypt(bytes)))
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

  refreshToken(backendUrl: string): string | null {
    return this.#kept?.backendUrl === backendUrl ? this.#kept.refreshToken : null
  }

  /** Keeps the tokens of a sign-in or refresh that began in `period`; resolves when they are on the disk, if they may. */
  async keep(period: SignInPeriod, backendUrl: string, tokens: Tokens): Promise<void> {
    if (period !== this.#period) return
    this.#accessToken = tokens.accessToken
    this.#kept = { backendUrl, refreshToken: tokens.refreshToken }
    await this.#store()
  }

  /** Ends the sign-in, in memory at once. */
  async forget(): Promise<void> {
    this.#period++
    this.#accessToken = null
    this.#kept = null
    await this.#store()
  }

  /** A disk that does not take it costs a sign-in at the next start, nothing now. */
  #store(): Promise<void> {
    this.#writing = this.#writing
      .then(async () => {
        if (this.#box === null || this.#kept === null) {
          await this.#folder.remove(SIGN_IN_FILE)
          await this.#folder.sync()
        } else {
          await replaceFile(this.#folder, SIGN_IN_FILE, await this.#box.encrypt(JSON.stringify(this.#kept)))
        }
      })
      .catch((error) => console.error('sign-in not kept:', error instanceof Error ? error.message : error))
    return this.#writing
  }
}

/** Settings of this PC in `settings.json`; a file that cannot be read counts as no settings. */
import { z } from 'zod'
import { type DurableFolder, replaceFile } from './durable-folder.ts'

const SETTINGS_FILE = 'settings.json'

const settingsSchema = z.object({
  backendUrl: z.string().default(''),
  window: z
    .object({ x: z.int(), y: z.int(), width: z.int(), height: z.int(), maximised: z.boolean() })
    .nullable()
    .default(null),
  /** Where the last export went; empty before the first. */
  exportFolder: z.string().default(''),
})
export type Settings = z.infer<typeof settingsSchema>

export class SettingsFile {
  readonly #folder: DurableFolder
  #stored: Settings
  /** Address from the environment: for this run only, never written. */
  #override: string | null
  #writing: Promise<void> = Promise.resolve()

  private constructor(folder: DurableFolder, stored: Settings, override: string | null) {
    this.#folder = folder
    this.#stored = stored
    this.#override = override
  }

  /** `backendUrl` (from the environment) wins over the file until another address is set. */
  static async open(folder: DurableFolder, backendUrl?: string): Promise<SettingsFile> {
    const bytes = await folder.read(SETTINGS_FILE)
    let stored: unknown = {}
    try {
      if (bytes !== null) stored = JSON.parse(Buffer.from(bytes).toString('utf8'))
    } catch {
      stored = {}
    }
    const parsed = settingsSchema.safeParse(stored)
    const settings = parsed.success ? parsed.data : settingsSchema.parse({})
    return new SettingsFile(folder, settings, backendUrl ? normaliseUrl(backendUrl) : null)
  }

  get current(): Settings {
    return this.#override === null ? this.#stored : { ...this.#stored, backendUrl: this.#override }
  }

  /** Resolves when no change is under way. */
  settled(): Promise<void> {
    return this.#writing
  }

  /** Resolves when the change is on the disk; one that is not does not count. */
  async change(part: Partial<Settings>): Promise<void> {
    const write = this.#writing.then(async () => {
      const next = { ...this.#stored, ...part }
      await replaceFile(this.#folder, SETTINGS_FILE, Buffer.from(`${JSON.stringify(next, null, 2)}\n`))
      this.#stored = next
      if (part.backendUrl !== undefined) this.#override = null
    })
    this.#writing = write.catch(() => {})
    return write
  }
}

/** A backend's address as it is kept: without a slash at the end, query, fragment and credentials. */
export function normaliseUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

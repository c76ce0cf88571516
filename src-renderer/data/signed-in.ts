/** Who is signed in, and their stores: kept in IndexedDB, and changed by what the backend answers. */
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import { type StoreSettings, seesEmployees } from '#shared/protocol/store-settings.ts'
import { type Identity, identitySchema } from '#shared/protocol/sync.ts'
import type { SignInOutcome } from './data-api.ts'
import type { ConsoleDatabase } from './database.ts'
import { CallFailed, call, callJson, type Fetch } from './transport.ts'

/** Of a store whose settings went away while a query was under way. */
const DEFAULT_STALE_AFTER_MINUTES = 30
const DEFAULT_CURRENCY = 'EUR'
const DEFAULT_ZONE = 'UTC'

export interface SignedInPorts {
  database: ConsoleDatabase
  fetch: Fetch
  /** The identity is another one, or has other stores. */
  onChange: () => void
}

export class SignedIn {
  private known: Identity | null = null

  constructor(private readonly ports: SignedInPorts) {}

  /** Null where nobody is signed in. */
  get identity(): Identity | null {
    return this.known
  }

  /** With an empty number where nobody is signed in. */
  get employee(): EmployeeRef {
    const { number, name } = this.known?.employee ?? { number: '', name: '' }
    return { number, name }
  }

  /** Whether the employee is shown figures of single employees. */
  get maySeeEmployees(): boolean {
    return seesEmployees(this.known?.employee.role)
  }

  get stores(): readonly StoreSettings[] {
    return this.known?.stores ?? []
  }

  get storeIds(): string[] {
    return this.stores.map((store) => store.id)
  }

  /** Undefined for a store that the employee has no access to. */
  settingsOf(storeId: string): StoreSettings | undefined {
    return this.stores.find((store) => store.id === storeId)
  }

  /** @throws RangeError for a store that the employee has no access to */
  ownStore(storeId: string): StoreSettings {
    const settings = this.settingsOf(storeId)
    if (settings === undefined) throw new RangeError(`no access to store ${storeId}`)
    return settings
  }

  /** Ids among `storeIds` (empty for all) that the employee may see. */
  visibleStores(storeIds: readonly string[]): string[] {
    return storeIds.length === 0 ? this.storeIds : this.storeIds.filter((id) => storeIds.includes(id))
  }

  staleAfterMinutes(storeId: string): number {
    return this.settingsOf(storeId)?.staleAfterMinutes ?? DEFAULT_STALE_AFTER_MINUTES
  }

  currencyOf(storeId: string): string {
    return this.settingsOf(storeId)?.currency ?? DEFAULT_CURRENCY
  }

  zoneOf(storeId: string): string {
    return this.settingsOf(storeId)?.timezone ?? DEFAULT_ZONE
  }

  /** Reads who was signed in when the app was closed. */
  async load(): Promise<void> {
    // Parsed: settings that came with a newer app have their defaults.
    this.known = identitySchema.safeParse(await this.ports.database.getMeta('identity')).data ?? null
  }

  /** Another window has signed somebody in or out. From its message: a disk that is full has not kept it. */
  hear(identity: Identity | null): void {
    this.known = identity
  }

  async keep(identity: Identity): Promise<void> {
    this.known = identity
    // A disk that is full must not keep anybody from working; it costs a sign-in after a restart.
    await this.ports.database.setMeta('identity', identity).catch((error) => console.error('identity not kept', error))
    this.ports.onChange()
  }

  /** @returns whether they are other settings than before */
  async takeSettings(storeId: string, settings: StoreSettings): Promise<boolean> {
    if (this.known === null || JSON.stringify(this.settingsOf(storeId)) === JSON.stringify(settings)) return false
    const stores = this.known.stores.map((store) => (store.id === storeId ? settings : store))
    await this.keep({ ...this.known, stores })
    return true
  }

  /** The backend has closed a store to the employee. */
  async loseStore(storeId: string): Promise<void> {
    if (this.known === null) return
    await this.keep({ ...this.known, stores: this.known.stores.filter((store) => store.id !== storeId) })
  }

  /** @throws CallFailed */
  async signIn(employeeNumber: string, password: string, device: { id: string; name: string }): Promise<void> {
    const json = { employeeNumber, password, device }
    await this.keep(await callJson(this.ports.fetch, '/api/v1/auth/sign-in', identitySchema, { method: 'POST', json }))
  }

  /**
   * IndexedDB was lost, the sign-in was not: the backend says who this is.
   * @returns false where its answer names nobody
   * @throws CallFailed
   */
  async recover(): Promise<boolean> {
    const response = await call(this.ports.fetch, '/api/v1/auth/refresh', { method: 'POST' })
    const identity = identitySchema.safeParse(await response.json().catch(() => undefined))
    if (identity.success) await this.keep(identity.data)
    return identity.success
  }

  /** On this PC. */
  async forget(): Promise<void> {
    await this.ports.database.meta.delete('identity')
    this.known = null
  }

  /** The refresh token is forgotten by the main process even when the backend cannot be told. */
  async endAtBackend(): Promise<void> {
    await call(this.ports.fetch, '/api/v1/auth/sign-out', { method: 'POST' }).catch(() => undefined)
  }
}

/** Whether a call worked, and else what a person is told of it. */
export async function signInOutcomeOf(work: () => Promise<void>): Promise<SignInOutcome> {
  try {
    await work()
    return { ok: true }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const { code, detail, title, field } = error.problem
    // An invalid field is described by its detail alone; elsewhere the detail is the technical part.
    const message = detail === undefined ? title : code === 'invalid_request' ? detail : `${title} (${detail})`
    return { ok: false, code, message, field }
  }
}

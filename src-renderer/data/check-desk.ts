/**
 * Checks as the screens ask for them: the queue, the check under way, a customer's earlier ones, known products and the
 * register of refusals. It also keeps the checks that the employee has.
 */
import type { CheckDraft } from '#shared/verification/rescan.ts'
import { CheckLeases } from './check-leases.ts'
import { CheckRecords } from './check-records.ts'
import type {
  CheckKey,
  CustomerChecks,
  ExportedFile,
  KnownProduct,
  QueueEntry,
  RefusalComparison,
  RefusalRegister,
  SessionView,
  WorkerApi,
} from './data-api.ts'
import type { ConsoleDatabase, OutboxRow } from './database.ts'
import { RefusalRegisterCopy } from './refusal-register.ts'
import type { SessionIndex } from './session-index.ts'
import type { SignedIn } from './signed-in.ts'
import type { Fetch } from './transport.ts'

export interface CheckDeskPorts {
  database: ConsoleDatabase
  fetch: Fetch
  index: SessionIndex
  who: SignedIn
  /** UTC milliseconds, server time as estimated. */
  now: () => number
  /** Unsent and unconfirmed decisions of the signed-in employee. */
  ownRows: () => OutboxRow[]
  /** A session as the screens show it; null where its details are not here and cannot be fetched. */
  session: (storeId: string, sessionId: string) => Promise<SessionView | null>
  /** This window speaks for the PC: it says which checks the employee still has. */
  isLeading: () => boolean
  onRegisterChange: () => void
  onLeaseChange: () => void
}

/** Its calls are described where `WorkerApi` names them. */
export class CheckDesk
  implements
    Pick<
      WorkerApi,
      | 'queue'
      | 'checkDraft'
      | 'saveCheckDraft'
      | 'customerChecks'
      | 'knownProduct'
      | 'refusals'
      | 'compareRefusals'
      | 'exportRefusals'
    >
{
  private readonly records: CheckRecords
  private readonly register: RefusalRegisterCopy
  private readonly leases: CheckLeases

  constructor(private readonly ports: CheckDeskPorts) {
    this.records = new CheckRecords(ports)
    this.register = new RefusalRegisterCopy({
      ...ports,
      ownRows: (storeId) => ports.ownRows().filter((row) => row.storeId === storeId),
      shown: async (storeId, sessionId) => (await ports.session(storeId, sessionId))?.document ?? null,
      onChange: ports.onRegisterChange,
    })
    this.leases = new CheckLeases({
      fetch: ports.fetch,
      held: () => this.held(),
      leaseSeconds: () => Math.min(...ports.who.stores.map((store) => store.checks.leaseSeconds)),
      onChange: ports.onLeaseChange,
    })
  }

  async queue(storeIds: string[]): Promise<QueueEntry[]> {
    const { index, who, session } = this.ports
    const open = index
      .openRows(who.visibleStores(storeIds))
      .filter((row) => isOpenCheck(row.spotCheck) || isOpenCheck(row.ageVerification))
    const views = await Promise.all(open.map((row) => session(row.storeId, row.id)))
    const entries = views.flatMap((view): QueueEntry[] => {
      if (view === null) return []
      const { document } = view
      const undecided = document.verifications.filter((verification) => isOpenCheck(verification.status))
      return undecided.map((verification) => ({
        storeId: document.storeId,
        sessionId: document.id,
        verification,
        client: document.client.type,
        customerId: document.customerId,
        quantity: document.quantity,
        total: document.total,
        currency: document.currency,
        unsent: view.unsent.some(
          ({ decision }) => 'verificationId' in decision.payload && decision.payload.verificationId === verification.id,
        ),
        heldUntil: this.leases.heldUntil({
          storeId: document.storeId,
          sessionId: document.id,
          verificationId: verification.id,
        }),
      }))
    })
    return entries.sort((a, b) => (a.verification.shownAt < b.verification.shownAt ? -1 : 1))
  }

  async checkDraft(key: CheckKey): Promise<CheckDraft | null> {
    return this.records.draft(key)
  }

  async saveCheckDraft(key: CheckKey, draft: CheckDraft): Promise<void> {
    await this.records.saveDraft(key, draft)
  }

  /** A check was decided. */
  async removeDraft(key: CheckKey): Promise<void> {
    await this.records.removeDraft(key)
  }

  async customerChecks(storeId: string, sessionId: string): Promise<CustomerChecks | null> {
    const document = (await this.ports.session(storeId, sessionId))?.document
    return document === undefined ? null : this.records.customerChecks(this.ports.who.storeIds, document)
  }

  async knownProduct(storeId: string, code: string): Promise<KnownProduct | null> {
    const isOwn = this.ports.who.settingsOf(storeId) !== undefined
    return isOwn ? this.records.knownProduct(storeId, code) : null
  }

  async refusals(storeId: string): Promise<RefusalRegister> {
    this.ports.who.ownStore(storeId)
    return this.register.register(storeId)
  }

  async compareRefusals(storeId: string): Promise<RefusalComparison> {
    this.ports.who.ownStore(storeId)
    return this.register.compare(storeId)
  }

  async exportRefusals(storeId: string): Promise<ExportedFile> {
    return this.register.export(this.ports.who.ownStore(storeId), this.ports.now())
  }

  /** Does what a pull of a store asks for: fetches its new refusals and renews the leases; does not wait for either. */
  follow(storeId: string): void {
    void this.register.follow(storeId).catch((error) => console.error('register of refusals not fetched', error))
    void this.leases.follow().catch((error) => console.error('leases not renewed', error))
  }

  /** Checks that the employee of now has by the confirmed documents; none where another window speaks for the PC. */
  private async held(): Promise<CheckKey[]> {
    const { database, index, who, isLeading } = this.ports
    const number = isLeading() ? who.identity?.employee.number : undefined
    if (number === undefined) return []
    const open = index
      .openRows(who.storeIds)
      .filter((row) => row.spotCheck === 'in_progress' || row.ageVerification === 'in_progress')
    const kept = await database.sessions.bulkGet(open.map((row): [string, string] => [row.storeId, row.id]))
    return kept.flatMap((row) =>
      (row?.document.verifications ?? [])
        .filter(({ status, employee }) => status === 'in_progress' && employee?.number === number)
        .map(({ id }) => ({ storeId: row?.storeId ?? '', sessionId: row?.id ?? '', verificationId: id })),
    )
  }
}

function isOpenCheck(status: string): boolean {
  return status === 'waiting' || status === 'in_progress'
}

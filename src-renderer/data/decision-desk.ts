/** Takes decisions: checks what a person says, saves it durably, and says what became of it. */
import { type UnnumberedMutation, unnumberedMutationSchema } from '#shared/desktop-api.ts'
import { decisionPayloads } from '#shared/protocol/decisions.ts'
import { describeIssue } from '#shared/protocol/primitives.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { type ShiftDecision, shiftDecisionPayloads } from '#shared/protocol/shift-entries.ts'
import type { Identity } from '#shared/protocol/sync.ts'
import type { MintId } from '#shared/time/clock.ts'
import { incompleteField } from '#shared/verification/outcome-rules.ts'
import type { BulkOutcome } from './abandoned-api.ts'
import type { CheckKey, DecideOutcome, DecisionInput, SessionKey } from './data-api.ts'
import type { DecisionLedger } from './decision-ledger.ts'
import type { ServerClock } from './server-clock.ts'

/** Saved by one call of the ledger: what a full disk refuses is at most this much work. */
const SAVED_AT_ONCE = 250

export interface DecisionDeskPorts {
  ledger: DecisionLedger
  clock: ServerClock
  mintId: MintId
  identity: () => Identity | null
  readOnly: () => boolean
  hasStore: (storeId: string) => boolean
  /** Whether the details of a session are on this PC, or could be fetched now. */
  isKnown: (storeId: string, sessionId: string) => Promise<boolean>
  /** A session as the screens show it. */
  shown: (storeId: string, sessionId: string) => Promise<SessionDocument | null>
  hasJournal: () => boolean
  /** A check was decided: what was kept of it while it was under way can go. */
  onResolved: (check: CheckKey) => Promise<void>
  /** Decisions are on the disk: shows and sends them. */
  onSaved: () => Promise<void>
}

/** What is said about a shift. */
export type ShiftInput = {
  [Type in ShiftDecision['type']]: Pick<Extract<ShiftDecision, { type: Type }>, 'type' | 'payload'>
}[ShiftDecision['type']]

/** A decision and what it is about; `sessionId` is `shiftSessionId` where that is a shift. */
export interface Deciding {
  storeId: string
  sessionId: string
  input: DecisionInput | ShiftInput
}

const payloads = { ...decisionPayloads, ...shiftDecisionPayloads }

type Refused = Extract<DecideOutcome, { ok: false }>

export class DecisionDesk {
  constructor(private readonly ports: DecisionDeskPorts) {}

  async decide(storeId: string, sessionId: string, input: DecisionInput): Promise<DecideOutcome> {
    // Whose decision it is must not change while it is saved.
    const identity = this.ports.identity()
    const forbidden = this.forbidden(identity)
    if (identity === null || forbidden !== null) return forbidden ?? NOT_SIGNED_IN
    const mutation = this.mutationOf({ storeId, sessionId, input })
    if ('ok' in mutation) return mutation
    if (!this.ports.hasStore(storeId) || !(await this.ports.isKnown(storeId, sessionId))) return SESSION_UNKNOWN
    const shown = input.type === 'verification.resolve' ? await this.ports.shown(storeId, sessionId) : null
    const incomplete = shown === null ? null : incompleteField(shown, input)
    if (incomplete !== null) return invalid(incomplete)
    const failed = await this.save(identity.employee.number, [mutation])
    if (failed !== null) return failed
    if (input.type === 'verification.resolve') {
      const check = { storeId, sessionId, verificationId: input.payload.verificationId }
      await this.ports.onResolved(check).catch((error) => console.error('draft of a check not removed', error))
    }
    await this.ports.onSaved()
    return { ok: true, savedIn: this.ports.hasJournal() ? 'journal' : 'database' }
  }

  /** Saves decisions whose sessions are known to be here; what was saved stays saved, whatever becomes of the others. */
  async decideAll(decisions: readonly Deciding[]): Promise<BulkOutcome> {
    const identity = this.ports.identity()
    const forbidden = this.forbidden(identity)
    if (identity === null || forbidden !== null) return failure(0, null, forbidden ?? NOT_SIGNED_IN)
    let first: { key: SessionKey | null; why: Refused } | null = null
    const mutations: UnnumberedMutation[] = []
    for (const deciding of decisions) {
      const mutation = this.ports.hasStore(deciding.storeId) ? this.mutationOf(deciding) : SESSION_UNKNOWN
      if ('ok' in mutation) first ??= { key: { storeId: deciding.storeId, id: deciding.sessionId }, why: mutation }
      else mutations.push(mutation)
    }
    let saved = 0
    for (let start = 0; start < mutations.length; start += SAVED_AT_ONCE) {
      const some = mutations.slice(start, start + SAVED_AT_ONCE)
      const failed = await this.save(identity.employee.number, some)
      if (failed !== null) {
        first = { key: null, why: failed }
        break
      }
      saved += some.length
    }
    if (saved > 0) await this.ports.onSaved()
    return first === null ? { ok: true, saved } : failure(saved, first.key, first.why)
  }

  private forbidden(identity: Identity | null): Refused | null {
    if (identity === null) return NOT_SIGNED_IN
    if (this.ports.readOnly()) return READ_ONLY
    return identity.employee.role === 'viewer' ? VIEWER : null
  }

  private mutationOf({ storeId, sessionId, input }: Deciding): UnnumberedMutation | Refused {
    const payload = payloads[input.type].safeParse(input.payload)
    if (!payload.success) return invalid(describeIssue(payload.error))
    const mutation = unnumberedMutationSchema.safeParse({
      id: this.ports.mintId(),
      storeId,
      sessionId,
      type: input.type,
      occurredAt: new Date(this.ports.clock.now()).toISOString(),
      clockOffsetMs: this.ports.clock.offsetMs(),
      payload: payload.data,
    })
    return mutation.success ? mutation.data : invalid(describeIssue(mutation.error))
  }

  private async save(employeeNumber: string, mutations: readonly UnnumberedMutation[]): Promise<Refused | null> {
    try {
      await this.ports.ledger.save(employeeNumber, mutations)
      return null
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { ok: false, code: 'storage_failed', message: `The decision could not be saved: ${message}` }
    }
  }
}

const NOT_SIGNED_IN: Refused = { ok: false, code: 'not_signed_in', message: 'Sign in first.' }
const VIEWER: Refused = { ok: false, code: 'viewer', message: 'Your role may only read.' }
const READ_ONLY: Refused = {
  ok: false,
  code: 'read_only',
  message: 'The data on this PC is of a newer Floorwalker. Update this one; until then nothing can be decided here.',
}
const SESSION_UNKNOWN: Refused = {
  ok: false,
  code: 'session_unknown',
  message: 'This session is not on this PC and cannot be fetched now.',
}

const invalid = ({ field, message }: { field: string; message: string }): Refused => ({
  ok: false,
  code: 'invalid',
  message: `${field} ${message}`,
})

const failure = (saved: number, failed: SessionKey | null, { message }: Refused): BulkOutcome => ({
  ok: false,
  saved,
  failed,
  message,
})

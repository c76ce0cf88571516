/** What an outcome has to say beyond its schema, asked for where it is given; the backend takes those of older consoles. */
import type { Decision } from '../protocol/decisions.ts'
import type { SessionDocument } from '../protocol/session-document.ts'

/** The first field that a decision lacks, and why; null where it is complete. */
export function incompleteField(
  { verifications }: Pick<SessionDocument, 'verifications'>,
  decision: Pick<Decision, 'type' | 'payload'>,
): { field: string; message: string } | null {
  if (decision.type !== 'verification.resolve') return null
  const { verificationId, outcome, refusalReason } = decision.payload as Extract<
    Decision,
    { type: 'verification.resolve' }
  >['payload']
  const verification = verifications.find((candidate) => candidate.id === verificationId)
  // The register of refusals would have no reason to give.
  return verification?.kind === 'age_verification' && outcome === 'rejected' && !refusalReason
    ? { field: 'refusalReason', message: 'is needed to refuse an age verification' }
    : null
}

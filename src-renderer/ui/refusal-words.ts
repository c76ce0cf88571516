/** Refused age verifications in plain words. */
import type { AgeRefusalReason } from '#shared/protocol/decisions.ts'

export const refusalReasons: Record<AgeRefusalReason, string> = {
  under_age: 'Not old enough',
  no_document: 'No identity document',
  document_not_accepted: 'Document not accepted',
  document_of_someone_else: 'Document of someone else',
  bought_for_someone_under_age: 'Buying for someone under age',
  intoxicated: 'Intoxicated',
  other: 'Another reason',
}

/** A reason as it is kept; one of a newer console is shown as it is. */
export const refusalWords = (reason: string): string =>
  Object.hasOwn(refusalReasons, reason) ? refusalReasons[reason as AgeRefusalReason] : reason.replaceAll('_', ' ')

/** Differences that a spot check found, and what they are worth. */
import type { Difference } from '../protocol/decisions.ts'
import type { SessionDocument, Verification } from '../protocol/session-document.ts'
import { exactSum } from '../session/fold-state.ts'

/** Who would have lost the value of a difference. */
export function inFavourOf({ kind, inFavourOf }: Pick<Difference, 'kind' | 'inFavourOf'>): 'store' | 'shopper' {
  return inFavourOf ?? (kind === 'quantity_too_high' ? 'shopper' : 'store')
}

/** Value of the differences in the store's favour, minor units; those of unknown value count nothing. */
export function preventedLossOf(differences: readonly Difference[]): number {
  return exactSum(differences.map((each) => (inFavourOf(each) === 'store' ? (each.value ?? 0) : 0)))
}

/** Prevented loss of all spot checks of a session, minor units. */
export function preventedLossOfSession({ verifications }: Pick<SessionDocument, 'verifications'>): number {
  return exactSum(verifications.filter(isSpotCheck).map(({ differences }) => preventedLossOf(differences ?? [])))
}

/** Whether a spot check was done, and found something. */
export function hasFinding(verification: Pick<Verification, 'kind' | 'status' | 'differences'>): boolean {
  if (!isSpotCheck(verification)) return false
  return verification.status === 'rejected' || (verification.differences ?? []).length > 0
}

const isSpotCheck = ({ kind }: Pick<Verification, 'kind'>): boolean => kind === 'spot_check'

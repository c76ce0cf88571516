/** Events of a session in plain words. Unknown types are shown as they are. */
import {
  type Icon,
  IconBarcode,
  IconBasketCheck,
  IconCashRegister,
  IconCircleCheck,
  IconCircleX,
  IconCreditCard,
  IconCreditCardOff,
  IconDoorExit,
  IconHandGrab,
  IconHandOff,
  IconHourglass,
  IconMinus,
  IconNote,
  IconPlayerPlay,
  IconPlus,
  IconPoint,
  IconRefresh,
  IconStar,
  IconUser,
  IconX,
} from '@tabler/icons-react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { type PutBackPayload, putBackWords } from '../../ui/decision-words.ts'
import {
  clientLabel,
  counted,
  kindLabels,
  methodLabels,
  outcomeLabels,
  reasonWords,
  type Tone,
} from '../../ui/labels.ts'

export interface EventWords {
  icon: Icon
  tone: Tone
  text: string
  /** Free text that somebody wrote or a system gave. */
  detail?: string
}

interface Context {
  document: SessionDocument
  /** Line id → product name, also of lines that left the basket. */
  names: Map<string, string>
}

/** What the words need to know about the whole session. */
export function wordsContext(document: SessionDocument): Context {
  const names = new Map<string, string>()
  for (const event of document.events) {
    if (event.type === 'item.added' && typeof event.lineId === 'string') names.set(event.lineId, String(event.name))
  }
  return { document, names }
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/** One event as a person would say it. */
export function eventWords(event: SessionEvent, { document, names }: Context): EventWords {
  const plain = (icon: Icon, words: string, detail?: unknown, tone: Tone = 'plain'): EventWords => ({
    icon,
    tone,
    text: words,
    detail: text(detail),
  })
  const line = names.get(String(event.lineId)) ?? `line ${String(event.lineId)}`
  const money = (value: unknown) => (typeof value === 'number' ? formatMoney(value, document.currency) : '')
  const who = event.employee?.name || 'Somebody'
  const verification = document.verifications.find((each) => each.id === event.verificationId)
  const check = verification === undefined ? 'a check' : `the ${kindLabels[verification.kind].toLowerCase()}`

  switch (event.type) {
    case 'session.started':
      return plain(IconPlayerPlay, `Started shopping with ${clientLabel(document.client.type).text}`)
    case 'item.added': {
      const price = money(Number(event.quantity) * Number(event.unitPrice))
      return plain(IconPlus, `Added ${text(event.quantity)} × ${text(event.name)} · ${price}`)
    }
    case 'item.quantity_changed':
      return plain(IconBarcode, `Changed ${line} to ${text(event.quantity)}`)
    case 'item.removed':
      return plain(IconMinus, `Removed ${line}`)
    case 'checkout.started':
      return plain(IconCashRegister, 'Went to checkout')
    case 'payment.started':
      return plain(IconCreditCard, `Started to pay${text(event.method) ? ` by ${text(event.method)}` : ''}`)
    case 'payment.cancelled':
      return plain(IconCreditCardOff, 'Cancelled the payment', words(event.reason))
    case 'payment.failed':
      return plain(IconCreditCardOff, 'The payment failed', words(event.reason), 'bad')
    case 'payment.completed':
      return plain(
        IconCircleCheck,
        `Paid ${money(event.amount)}`,
        event.receiptNumber && `Receipt ${event.receiptNumber}`,
        'ok',
      )
    case 'verification.required': {
      const kind = event.kind === 'age_verification' ? 'age_verification' : 'spot_check'
      const minAge = text(event.minAge)
      return plain(
        IconHourglass,
        `${kindLabels[kind]} needed${minAge ? ` (${minAge}+)` : ''}`,
        words(event.reason),
        'warn',
      )
    }
    case 'verification.withdrawn':
      return plain(IconX, `Withdrew ${check}`)
    case 'exit.scanned':
      return plain(IconDoorExit, 'Scanned the exit', undefined, 'ok')
    case 'feedback.given':
      return plain(IconStar, `Gave ${text(event.rating)} of 5 stars`, event.comment)
    case 'customer.identified':
      return plain(IconUser, `Identified as customer ${text(event.customerId)}`)
    case 'session.cancelled':
      return plain(IconX, 'Session cancelled', event.reason)
    case 'verification.acknowledged':
      return plain(IconHandGrab, `${who} took ${check}`, undefined, 'accent')
    case 'verification.released':
      return plain(IconHandOff, `${who} released ${check}`)
    case 'verification.taken_over':
      return plain(IconHandGrab, `${who} took ${check} over`, event.reason, 'accent')
    case 'verification.lapsed':
      return plain(IconHandOff, `${who} lost ${check}: no sign of life from the console`, undefined, 'warn')
    case 'verification.resolved': {
      const outcome = event.outcome === 'rejected' ? 'rejected' : 'approved'
      const method = methodLabels[event.method as keyof typeof methodLabels]?.toLowerCase()
      const items =
        typeof event.itemsChecked === 'number' ? `${counted(event.itemsChecked, 'item')} checked` : undefined
      const how = [method, items].filter(Boolean).join(', ')
      return plain(
        outcome === 'approved' ? IconCircleCheck : IconCircleX,
        `${who} ${outcomeLabels[outcome].toLowerCase()} ${check}${how === '' ? '' : ` (${how})`}`,
        event.note,
        outcome === 'approved' ? 'ok' : 'bad',
      )
    }
    case 'verification.requested':
      return plain(IconHourglass, `${who} asked for a check`, event.reason, 'warn')
    case 'basket.reviewed':
      return plain(IconBasketCheck, `${who} reviewed the basket: ${text(event.reason)}`, event.note)
    case 'basket.items_put_back':
      return plain(IconBasketCheck, `${who} dealt with items`, putBackWords(event as unknown as PutBackPayload))
    case 'note.added':
      return plain(IconNote, `${who} wrote a note`, event.text)
    case 'session.updated':
      return plain(IconRefresh, `The store system updated ${changedParts(event.changes)}`)
    case 'session.closed':
      return plain(IconCircleCheck, 'Session closed', undefined, 'ok')
    case 'session.reopened':
      return plain(IconRefresh, 'Session reopened')
    case 'items.returned':
      return plain(IconMinus, `Returned ${counted(returnedPieces(event.items), 'item')}`)
    default:
      return plain(IconPoint, event.type)
  }
}

const words = (reason: unknown) => (typeof reason === 'string' ? reasonWords(reason) : undefined)

/** What a command of the store system changed, by the names of its fields. */
function changedParts(changes: unknown): string {
  const given = typeof changes === 'object' && changes !== null ? Object.keys(changes) : []
  const parts = given.map((field) =>
    field === 'lines' ? 'the basket' : field === 'customerId' ? 'the customer' : field,
  )
  return parts.length === 0 ? 'the session' : parts.join(', ')
}

function returnedPieces(items: unknown): number {
  const lines = Array.isArray(items) ? (items as { quantity?: unknown }[]) : []
  return lines.reduce((sum, line) => sum + (typeof line.quantity === 'number' ? line.quantity : 0), 0)
}

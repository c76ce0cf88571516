/**
 * What the desktop's main process offers the console, under `/local/…` of the console's own origin and through the
 * preload bridge. A browser has neither; `GET /local/info` answering 404 is how a console knows.
 */
import { z } from 'zod'
import { mutationSchema } from './protocol/decisions.ts'
import { idSchema } from './protocol/primitives.ts'

/** `GET /local/info` */
export const localInfoSchema = z.object({
  appVersion: z.string(),
  deviceName: z.string(),
  backendUrl: z.string(),
  /** False where the OS has no secure storage: the console asks to sign in at each start. */
  canKeepSignIn: z.boolean(),
  /** True where a kept refresh token could bring the identity back after IndexedDB was lost. */
  hasSignIn: z.boolean(),
  demo: z
    .object({ credentials: z.array(z.object({ employeeNumber: z.string(), password: z.string(), note: z.string() })) })
    .nullable(),
})
export type LocalInfo = z.infer<typeof localInfoSchema>

/** A decision before the journal numbers it. */
export const unnumberedMutationSchema = mutationSchema.omit({ seq: true })
export type UnnumberedMutation = z.infer<typeof unnumberedMutationSchema>

/** `POST /local/journal/append`: fsynced before it answers with the entry as numbered. */
export const journalAppendRequestSchema = z.object({
  employeeNumber: z.string().min(1).max(255),
  mutation: unnumberedMutationSchema,
})
export const journalEntrySchema = z.object({
  employeeNumber: z.string(),
  /** Device id of this employee on this PC: numbering is per employee, so nobody's decisions wait for another's. */
  deviceId: z.string(),
  mutation: mutationSchema,
})
export type JournalEntry = z.infer<typeof journalEntrySchema>

/** `POST /local/journal/append-many` → `{entries}` as numbered, in this order: one write, one fsync. */
export const journalAppendManyRequestSchema = z.object({
  employeeNumber: z.string().min(1).max(255),
  mutations: z.array(unnumberedMutationSchema).max(1_000),
})

/** `GET /local/journal/entries` → entries not yet confirmed, oldest first. */
export const journalEntriesSchema = z.object({ entries: z.array(journalEntrySchema) })

/** `POST /local/journal/confirm`: these ids were confirmed by a pull and may be compacted away. */
export const journalConfirmRequestSchema = z.object({ ids: z.array(z.string()).max(10_000) })

/**
 * `POST /local/journal/renumber`: a new device id for the employee, under which all pending entries and the adopted
 * decisions are numbered from 1, oldest first; one durable write. Ids that are pending already are adopted once;
 * confirmed ones become pending again. Answers all pending entries of the employee.
 */
export const journalRenumberRequestSchema = z.object({
  employeeNumber: z.string().min(1).max(255),
  adopt: z.array(unnumberedMutationSchema).max(100_000),
})

/** `GET /local/state`: what the data-safety page shows of the main process. */
export const localStateSchema = z.object({
  journal: z.object({
    pending: z.int(),
    /** Size of the file. */
    bytes: z.int(),
    /** Found and set aside when it was opened. */
    tornBytes: z.int(),
    corruptLines: z.int(),
    /** Written by a newer app: read and exported, never changed. */
    readOnly: z.boolean(),
  }),
  /** Free space of the disk with the user data; null where the system does not say. */
  freeDiskBytes: z.int().nullable(),
})
export type LocalState = z.infer<typeof localStateSchema>

/** `POST /local/journal/device` → the device id under which this employee signs in. */
export const journalDeviceRequestSchema = z.object({ employeeNumber: z.string().min(1).max(255) })
export const journalDeviceResponseSchema = z.object({ deviceId: z.string() })

/**
 * `POST /local/export/open`: asks the person where to, `name` being a suggestion; `id` is null where they chose nothing.
 * Chunks follow through the port of `connectExports` (or `POST /local/export/write?id=` with the bytes as body, which
 * gives a few MB/s), one after the other; then `finish` or `abort`.
 */
export const exportOpenRequestSchema = z.object({ name: z.string().min(1).max(200) })
export const exportOpenedSchema = z.object({ id: z.string().nullable() })
export const exportIdSchema = z.object({ id: z.string().max(64) })
/** One chunk through the port, and the answer to it: `problem` says why it was not written. */
export const exportChunkSchema = z.object({ id: z.string().max(64), seq: z.int(), bytes: z.instanceof(Uint8Array) })
export type ExportChunk = z.infer<typeof exportChunkSchema>
export const exportChunkAnswerSchema = z.object({ seq: z.int(), problem: z.string().nullable() })
export type ExportChunkAnswer = z.infer<typeof exportChunkAnswerSchema>

/** The file is whole, on the disk and under its name. */
export const exportFinishedSchema = z.object({ path: z.string(), bytes: z.int() })

/** `POST /local/export/show`: shows a file that was exported since the app started in the system's file manager. */
export const exportShowRequestSchema = z.object({ path: z.string().max(10_000) })

/** `PUT /local/backend`: points the console at a backend; answers `not_a_backend` where the address is none. */
export const backendAddressSchema = z.object({
  url: z.url({ protocol: /^https?$/, error: 'must be an address such as https://floorwalker.example' }),
})

/** A check as notifications know it. */
export const checkRefSchema = z.object({ storeId: idSchema, sessionId: idSchema, verificationId: idSchema })
export type CheckRef = z.infer<typeof checkRefSchema>

/** Calls through the preload bridge (`window.desktop`): the few things `/local` cannot do. */
export const desktopCalls = {
  /** Number on the app's badge and in the title: checks waiting now. */
  setBadge: z.object({ waiting: z.int().min(0).max(99_999) }),
  setTheme: z.object({ scheme: z.enum(['light', 'dark', 'auto']) }),
  /** A notification of the system; null stands for several checks at once. A newer one of the same check replaces it. */
  showNotification: z.object({
    check: checkRefSchema.nullable(),
    title: z.string().min(1).max(200),
    body: z.string().max(1_000),
  }),
  /** Takes back the notification of a check that nobody needs to be told of any more. */
  closeNotification: z.object({ check: checkRefSchema }),
  /** Makes the window's entry in the taskbar ask for attention until the window has the focus. */
  flashWindow: z.object({}),
  /**
   * Saves the page that calls, as it prints, where the person says in the system's dialog. `name` is a suggestion without a
   * folder; `title` stands in the foot of every sheet, beside its number.
   */
  savePdf: z.object({
    name: z
      .string()
      .max(200)
      .regex(/^[^\\/:]+\.pdf$/, 'must be a file name such as handover.pdf'),
    title: z.string().min(1).max(200),
  }),
} as const
export type DesktopCall = keyof typeof desktopCalls
export type DesktopArgument<Call extends DesktopCall> = z.infer<(typeof desktopCalls)[Call]>

/** What became of a PDF; `message` is for the person. */
export type PdfOutcome =
  | { state: 'saved'; path: string; bytes: number }
  | { state: 'cancelled' }
  | { state: 'failed'; message: string }

/** What calls answer; the others answer nothing. */
interface DesktopAnswers {
  savePdf: PdfOutcome
}
export type DesktopAnswer<Call extends DesktopCall> = Call extends keyof DesktopAnswers
  ? Promise<DesktopAnswers[Call]>
  : Promise<void>

/** What the main process tells the page. */
export const desktopEvents = {
  /** A notification was clicked; null for one of several checks. */
  notificationClicked: z.object({ check: checkRefSchema.nullable() }),
} as const
export type DesktopEvent = keyof typeof desktopEvents
export type DesktopEventData<Event extends DesktopEvent> = z.infer<(typeof desktopEvents)[Event]>

export type DesktopBridge = {
  [Call in DesktopCall]: (argument: DesktopArgument<Call>) => DesktopAnswer<Call>
} & {
  /** Hears of clicks; answers how to stop. */
  onNotificationClicked(listener: (data: DesktopEventData<'notificationClicked'>) => void): () => void
  /** Opens a port for chunks of exports; it comes as a window message, see `export-port.ts`. */
  connectExports(): void
}

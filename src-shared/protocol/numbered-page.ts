/** A page of a numbered list of a store: `GET …?since=&limit=` answers entries after a number, oldest first. */
import { z } from 'zod'

/** @param entry with its number, from 1, without holes */
export const numberedPageSchema = <Entry extends z.ZodType>(entry: Entry) =>
  z.object({
    epoch: z.string(),
    entries: z.array(entry),
    /** Number of the last entry there is. */
    last: z.int(),
  })
export type NumberedPage<Entry> = z.infer<ReturnType<typeof numberedPageSchema<z.ZodType<Entry>>>>

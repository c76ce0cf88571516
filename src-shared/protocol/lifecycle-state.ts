/** The commercial states of a session. */
import { z } from 'zod'

export const lifecycleStateSchema = z.enum(['open', 'closed', 'cancelled', 'partially_returned'])
export type LifecycleState = z.infer<typeof lifecycleStateSchema>

import { z } from 'zod'

/** Where a foreign or container path prefix lies on this host. */
export const PathMapSchema = z.object({ from: z.string().min(1), to: z.string().min(1) })
export type PathMap = z.infer<typeof PathMapSchema>

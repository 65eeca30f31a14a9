import { z } from 'zod'
import { FindingSchema, IsoTime } from './common.ts'
import { PathMapSchema } from './path-map.ts'

const Command = z.array(z.string())

/** What the host file lets Orchive do with the orchestrator of a workspace. */
export const RuntimeSchema = z.object({
  /** Where the host file is, or would be. */
  hostConfigPath: z.string(),
  /** True when there are commands to stop and start it. */
  isConfigured: z.boolean(),
  /** Commands as lists of words; null = not configured. */
  stop: Command.nullable(),
  start: Command.nullable(),
  restart: Command.nullable(),
  rebuild: Command.nullable(),
  stopTimeoutSeconds: z.number().nullable(),
  startTimeoutSeconds: z.number().nullable(),
  rebuildTimeoutSeconds: z.number().nullable(),
  health: z
    .object({
      url: z.string(),
      timeoutSeconds: z.number(),
      /** Top-level fields that the answer must have; null = any 2xx answer is healthy. */
      expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
    })
    .nullable(),
  stateReads: z.array(z.string()),
  /** How its process is known; one of the two, null = not configured. */
  process: z.object({ match: z.string().nullable(), pidFile: z.string().nullable() }).nullable(),
  /** Path maps of the host; they count before the workspace's own. */
  maps: z.array(PathMapSchema),
  drill: z.object({ command: Command, timeoutSeconds: z.number() }).nullable(),
  problems: z.array(FindingSchema),
})
export type Runtime = z.infer<typeof RuntimeSchema>

/** One thing that was done to, or seen of, a running orchestrator. */
export const RuntimeEvidenceSchema = z.object({
  step: z.enum(['stop', 'prove-stopped', 'start', 'await-healthy', 'rebuild', 'read-state']),
  check: z.enum(['command', 'process', 'health', 'state-file', 'state-read']),
  /** Whether what the step is for is so; `unknown` when it could not be found out. */
  outcome: z.enum(['proven', 'contradicted', 'unknown']),
  at: IsoTime,
  durationMs: z.number().int(),
  message: z.string(),
})
export type RuntimeEvidence = z.infer<typeof RuntimeEvidenceSchema>

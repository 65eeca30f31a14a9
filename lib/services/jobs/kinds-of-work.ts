import type { JobKind } from '#lib/contracts/job.ts'

/** Kinds that only read the repository, and so neither wait nor are waited for. */
export const READERS: ReadonlySet<JobKind> = new Set(['verify', 'drill', 'replicate'])

/** Kinds that write into the repository, and so may have to queue. */
export const WRITERS: ReadonlySet<JobKind> = new Set([
  'backup',
  'restore',
  'undo',
  'recover',
  'offload',
  'retention',
  'prune',
  'heal',
  'import',
  'migrate',
])

/** Kinds that may be swapping, and are never killed. */
export const SWAPPERS: ReadonlySet<JobKind> = new Set(['restore', 'undo', 'recover'])

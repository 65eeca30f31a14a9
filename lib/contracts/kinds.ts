/** Kinds that pages offer to choose from, without the schemas that are made of them: a browser needs no more than the words. */

/** What an archive came of. */
export const ARCHIVE_KINDS = ['backup', 'safety', 'offload', 'import', 'partial'] as const

/** What a job does. */
export const JOB_KINDS = [
  'backup',
  'restore',
  'undo',
  'recover',
  'verify',
  'drill',
  'offload',
  'retention',
  'prune',
  'heal',
  'replicate',
  'migrate',
  'import',
  'rebuild',
] as const

/** How a job ended. */
export const JOB_OUTCOMES = ['success', 'warning', 'failure', 'cancelled', 'interrupted'] as const

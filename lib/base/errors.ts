/** Every failure the core can name. Transports map these to HTTP statuses and exit codes. */
export type ErrorCode =
  | 'usage'
  | 'config_missing'
  | 'config_invalid'
  | 'config_ambiguous'
  | 'item_invalid'
  | 'workspace_unknown'
  | 'workspace_ambiguous'
  | 'workspace_exists'
  | 'repository_missing'
  | 'repository_exists'
  | 'repository_unknown_format'
  | 'repository_damaged'
  | 'repository_sealed'
  | 'key_wrong'
  | 'key_unknown'
  | 'key_last'
  | 'repository_inside_item'
  | 'repository_locked'
  | 'repository_full'
  | 'repository_read_only'
  | 'repository_replaced'
  | 'lease_lost'
  | 'object_exists'
  | 'object_missing'
  | 'object_locked'
  | 'storage_missing'
  | 'storage_refused'
  | 'storage_unreachable'
  | 'storage_clock_skewed'
  | 'host_key_unconfirmed'
  | 'frame_damaged'
  | 'frame_missing'
  | 'archive_unknown'
  | 'archive_ambiguous'
  | 'import_unreadable'
  | 'import_refused'
  | 'archive_kept'
  | 'prune_refused'
  | 'path_unknown'
  | 'path_unsafe'
  | 'target_not_empty'
  | 'target_unusable'
  | 'target_full'
  | 'plan_stale'
  | 'validation_failed'
  | 'workspace_locked'
  | 'restore_unsettled'
  | 'undo_unknown'
  | 'undo_refused'
  | 'catalog_missing'
  | 'catalog_from_future'
  | 'catalog_damaged'
  | 'proposal_unknown'
  | 'proposal_state'
  | 'job_unknown'
  | 'job_state'
  | 'replica_unknown'
  | 'replica_exists'
  | 'replica_refused'
  | 'replica_emptied'
  | 'host_config_invalid'
  | 'host_config_unsafe'
  | 'runtime_command_failed'
  | 'runtime_not_stopped'
  | 'runtime_not_healthy'
  | 'person_unknown'
  | 'person_exists'
  | 'last_admin'
  | 'link_invalid'
  | 'token_unknown'
  | 'token_exposed'
  | 'idempotency_mismatch'
  | 'idempotency_pending'
  | 'idempotency_spent'
  | 'not_signed_in'
  | 'not_permitted'
  | 'sign_in_again'
  | 'rate_limited'
  | 'invalid_input'
  | 'io_failed'
  | 'cancelled'
  | 'internal'

export interface AppErrorInit {
  /** What happened to which object; one sentence. */
  message: string
  /** What to do next; empty string when nothing helps. */
  hint?: string
  retryable?: boolean
  /** Names and numbers for logs and JSON output; never secrets. */
  context?: Record<string, unknown>
  cause?: unknown
}

/** The one error type that crosses module borders: a code for machines, a message and a hint for people. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly retryable: boolean
  readonly context: Record<string, unknown>

  constructor(code: ErrorCode, init: AppErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = init.hint ?? ''
    this.retryable = init.retryable ?? false
    this.context = init.context ?? {}
  }
}

/** True for errors that carry a code of ours; also for those of another copy of this module, as Next's build has one beside the web server's. */
export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError || (error instanceof Error && error.name === 'AppError' && 'code' in error)
}

/** The errno name (`ENOENT`, `ENOSPC`, …) of a Node system error, else null. */
export function errnoOf(error: unknown): string | null {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code
  return null
}

/** Any thrown value as an AppError; unknown ones become `internal` and keep their cause. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new AppError('internal', { message, hint: 'Run again with ORCHIVE_DEBUG=1 to see where this came from.', cause: error })
}

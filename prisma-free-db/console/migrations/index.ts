import type { Migration } from '../../migrate.ts'
import { people } from './0001-people.ts'
import { workspacesJobsAudit } from './0002-workspaces-jobs-audit.ts'
import { auditByKind } from './0003-audit-by-kind.ts'
import { proofSchedules } from './0004-proof-schedules.ts'
import { watchedFiles } from './0005-watched-files.ts'
import { retention } from './0006-retention.ts'
import { backupOptions } from './0020-backup-options.ts'
import { notifications } from './0021-notifications.ts'
import { team } from './0022-team.ts'
import { auditByAction } from './0025-audit-by-action.ts'
import { idempotency } from './0026-idempotency.ts'
import { twoStep } from './0030-two-step.ts'
import { restoreApprovals } from './0031-restore-approvals.ts'
import { replicas } from './0040-replicas.ts'
import { measuredPlans } from './0070-measured-plans.ts'

/** The console database's schema, oldest step first; append only. */
export const CONSOLE_MIGRATIONS: readonly Migration[] = [
  people,
  workspacesJobsAudit,
  auditByKind,
  proofSchedules,
  watchedFiles,
  retention,
  backupOptions,
  notifications,
  team,
  auditByAction,
  idempotency,
  twoStep,
  restoreApprovals,
  replicas,
  measuredPlans,
]

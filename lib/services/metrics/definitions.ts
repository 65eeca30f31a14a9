/** Every metric there is: its name, what it says, and its labels. The dashboard and the alert rules in docs/monitoring may use no other. */
export const METRICS = {
  info: ['orchive_info', 'The version of Orchive; always 1.', ['version']],
  nextRun: ['orchive_backup_next_run_timestamp_seconds', 'When the next scheduled backup comes due.', ['workspace']],
  overdue: ['orchive_backup_overdue_seconds', 'For how long a scheduled backup is overdue; 0 = none is.', ['workspace']],
  scheduled: ['orchive_backup_scheduled', 'Whether backups of the workspace are scheduled.', ['workspace']],
  lastSuccess: ['orchive_backup_last_success_timestamp_seconds', 'When the newest whole archive was taken.', ['workspace']],
  lastSuccessAge: ['orchive_backup_last_success_age_seconds', 'How old the newest whole archive is.', ['workspace']],
  lastDuration: ['orchive_backup_last_duration_seconds', 'How long the newest whole archive took.', ['workspace']],
  lastFiles: ['orchive_backup_last_files', 'Files in the newest whole archive.', ['workspace']],
  lastContent: ['orchive_backup_last_content_bytes', 'Content of the newest whole archive.', ['workspace']],
  lastStored: ['orchive_backup_last_stored_bytes', 'What the newest whole archive added to the repository.', ['workspace']],
  suspect: ['orchive_backup_last_suspect', 'Whether the newest whole archive is suspect and not accepted.', ['workspace']],
  archives: ['orchive_archives', 'Archives of the workspace, of all kinds.', ['workspace']],
  grade: ['orchive_archive_newest_grade', 'Grade of the newest whole archive, 0 to 5; absent while it was never verified.', ['workspace']],
  hasGood: ['orchive_known_good', 'Whether there is a known good archive: L3 or better, proof not lapsed, not suspect.', ['workspace']],
  goodAge: ['orchive_known_good_age_seconds', 'How old the newest known good archive is; absent without one.', ['workspace']],
  goodGrade: ['orchive_known_good_grade', 'Grade of the newest known good archive; absent without one.', ['workspace']],
  goodExpires: ['orchive_known_good_expires_timestamp_seconds', 'When its proof lapses; absent without one.', ['workspace']],
  liveDamaged: ['orchive_live_damaged_files', 'Live critical files that the watch found damaged.', ['workspace']],
  repoStored: ['orchive_repository_stored_bytes', 'What the repository takes on disk.', ['repository']],
  repoContent: ['orchive_repository_content_bytes', 'Content of all archives in it, counted in each.', ['repository']],
  repoPacks: ['orchive_repository_packs', 'Packs in the repository.', ['repository']],
  repoFree: ['orchive_repository_free_bytes', 'Free space where the repository lies; absent while it cannot be read.', ['repository']],
  repoTotal: ['orchive_repository_filesystem_bytes', 'Size of the file system where the repository lies.', ['repository']],
  repoFloor: ['orchive_repository_floor_bytes', 'What has to stay free; below it backups pause.', ['repository']],
  repoPaused: ['orchive_repository_paused', 'Whether backups are paused for want of space.', ['repository']],
  jobsOpen: ['orchive_jobs_open', 'Jobs that wait or run.', ['kind', 'status']],
  jobsFinished: ['orchive_jobs_finished_total', 'Jobs that ended, by how.', ['kind', 'outcome']],
  jobDuration: ['orchive_job_last_duration_seconds', 'How long the newest finished job of the kind took.', ['workspace', 'kind']],
  jobFailed: ['orchive_job_last_failed', 'Whether the newest finished job of the kind failed or was interrupted.', ['workspace', 'kind']],
  notificationsWaiting: ['orchive_notifications_waiting', 'Notifications that wait to be sent or sent again.', []],
  notificationsFailed: ['orchive_notifications_given_up_total', 'Notifications that were given up.', []],
} as const satisfies Record<string, readonly [name: string, help: string, labels: readonly string[]]>

export type MetricKey = keyof typeof METRICS
/** Those that only grow. */
export const COUNTERS: ReadonlySet<MetricKey> = new Set<MetricKey>(['jobsFinished', 'notificationsFailed'])

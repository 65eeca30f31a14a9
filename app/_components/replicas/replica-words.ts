import type { Replica, ReplicaTarget } from '#lib/contracts/replica.ts'

export const KINDS: Record<ReplicaTarget['kind'], string> = {
  folder: 'A folder: another disk or a mounted share',
  s3: 'S3-compatible object store',
  sftp: 'A server that speaks SFTP',
}

/** Words and colour of a state. */
export const STATES: Record<Replica['state']['status'], { word: string; tone: '' | 'ok' | 'warn' | 'bad' }> = {
  new: { word: 'Never synced', tone: 'warn' },
  current: { word: 'Up to date', tone: 'ok' },
  syncing: { word: 'Syncing', tone: '' },
  behind: { word: 'Behind', tone: 'bad' },
  failed: { word: 'Failed', tone: 'bad' },
  tampered: { word: 'Somebody changed it', tone: 'bad' },
  paused: { word: 'Paused', tone: 'warn' },
}

/** When copies are made, in words. */
export function whenText({ afterBackup, schedule, isPaused }: Pick<Replica, 'afterBackup' | 'schedule' | 'isPaused'>): string {
  if (isPaused) return 'paused'
  const parts = [...(afterBackup ? ['after every backup'] : []), ...(schedule === null ? [] : [`by the clock (${schedule})`])]
  return parts.length === 0 ? 'by hand only' : parts.join(' and ')
}

export const STEPS: Record<string, string> = {
  open: 'Connect',
  write: 'Write a small object',
  'refuse-overwrite': 'Refuse to overwrite it',
  read: 'Read it back',
  list: 'List it',
  delete: 'Delete it',
  head: 'Find the repository',
  unlock: 'Open it',
  archives: 'List its archives',
}

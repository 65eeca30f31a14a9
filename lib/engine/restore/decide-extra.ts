import type { RawPath } from '../raw-path.ts'
import type { Decision } from './decide-entry.ts'
import type { LiveStat } from './restore-types.ts'

/** Names that restores work under; every walk skips them. */
export const STAGING_PREFIX = '.orchive-restore-'

/** True for the working folder of a restore. */
export function isStaging(name: RawPath): boolean {
  return name.startsWith(STAGING_PREFIX)
}

export interface ExtraOptions {
  exact: boolean
  /** An item or a mount point that the extra is or holds; null = none. */
  held: string | null
  /** The archive names it as something that could not be read, so its absence proves nothing. */
  wasUnreadable: boolean
  /** The archive holds chosen files only, so what it lacks proves nothing either. */
  isPart: boolean
}

/** What happens to a path that is there and that the archive lacks: it stays, unless an exact restore was asked for. */
export function decideExtra(live: LiveStat, options: ExtraOptions): Decision {
  if (options.held !== null) return { action: 'extra', reason: `stays: ${options.held} lies there` }
  if (live.type === 'other') return { action: 'extra', reason: 'stays: archives keep no sockets, pipes or devices' }
  if (options.wasUnreadable) return { action: 'extra', reason: 'stays: it could not be read when the archive was taken' }
  if (options.isPart) return { action: 'extra', reason: 'stays: the archive was never meant to hold it' }
  if (options.exact) return { action: 'quarantine', reason: 'not in the archive' }
  return { action: 'extra', reason: 'not in the archive; stays' }
}

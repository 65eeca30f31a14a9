import { borg } from './borg.ts'
import { orchive } from './orchive.ts'
import { isInstalled, type Racer } from './racer.ts'
import { restic } from './restic.ts'
import { tar } from './tar.ts'

/** Orchive and every peer that this machine has. */
export function racers(): Racer[] {
  return [
    orchive(),
    ...(isInstalled('restic') ? [restic('restic')] : []),
    ...(isInstalled('rustic') ? [restic('rustic')] : []),
    ...(isInstalled('borg') ? [borg()] : []),
    ...(isInstalled('zstd') && isInstalled('tar') ? [tar('zstd')] : []),
    ...(isInstalled('pigz') && isInstalled('tar') ? [tar('pigz')] : []),
  ]
}

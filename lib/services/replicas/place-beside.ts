import type { RepositoryId } from '#lib/base/ids.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { mountOf } from '../evidence/mount-of.ts'

/**
 * The place beside that of a replica where the copies of another repository go: the same folder or prefix, and the beginning of that repository's id. Null where
 * nobody can tell one that is surely apart: a whole bucket, the root of a server, a folder that is a disk of its own.
 */
export function placeBeside(target: ReplicaTarget, from: RepositoryId, to: RepositoryId): ReplicaTarget | null {
  const old = target.kind === 's3' ? target.prefix : target.path.replace(/\/+$/, '')
  // From one migration to the next the name does not grow.
  const plain = old.endsWith(endOf(from)) ? old.slice(0, -endOf(from).length) : old
  if (plain === '' || plain === '.') return null
  const name = `${plain}${endOf(to)}`
  if (target.kind === 's3') return { ...target, prefix: name }
  // Beside the folder where a disk is mounted lies the disk of the host.
  if (target.kind === 'folder' && mountOf(name)?.point !== mountOf(old)?.point) return null
  return { ...target, path: name }
}

const endOf = (id: RepositoryId) => `-${id.slice('repo_'.length, 'repo_'.length + 8)}`

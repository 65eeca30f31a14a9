import { isIP } from 'node:net'
import type { ReplicaRecord } from '#db/console/tables/replicas.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { ReplicaTarget, ThreeTwoOne } from '#lib/contracts/replica.ts'
import { mountOf } from '../evidence/mount-of.ts'

/** File systems whose disks are in another machine. */
const NETWORK_TYPES = /^(nfs4?|cifs|smb3|smbfs|ceph|glusterfs|lustre|afs|9p|fuse\.(sshfs|rclone|s3fs|glusterfs|ceph.*|davfs.*))$/

/** Whether a place is on another machine, as far as its kind and the kernel tell. */
export function isOffHost(target: ReplicaTarget): boolean {
  switch (target.kind) {
    case 'folder':
      return NETWORK_TYPES.test(mountOf(target.path)?.type ?? '')
    case 's3':
      return target.endpoint === null || !isLoopback(new URL(target.endpoint).hostname)
    case 'sftp':
      return !isLoopback(target.host)
  }
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}

/** What a place is kept on: places with the same answer are lost together. */
function mediumOf(target: ReplicaTarget): string {
  switch (target.kind) {
    case 'folder':
      return mediumOfFolder(target.path)
    case 's3':
      return `s3 ${target.endpoint ?? 'aws'} ${target.bucket}`
    case 'sftp':
      return `sftp ${target.host}`
  }
}

const mediumOfFolder = (path: string) => `device ${mountOf(path)?.device ?? path}`

/**
 * The 3-2-1 rule: three copies of the data (what is live counts as one), on two media, one of them off the host. A replica counts once it has copied an archive.
 */
export function threeTwoOne(
  workspace: Pick<WorkspaceRecord, 'root' | 'repositoryPath'>,
  replicas: readonly (Pick<ReplicaRecord, 'target'> & { hasCopies: boolean; isLocked: boolean })[],
): ThreeTwoOne {
  const counting = replicas.filter(({ hasCopies }) => hasCopies)
  const media = new Set([
    mediumOfFolder(workspace.root),
    mediumOfFolder(workspace.repositoryPath),
    ...counting.map(({ target }) => mediumOf(target)),
  ])
  const reached = {
    copies: 2 + counting.length,
    media: media.size,
    offHost: counting.filter(({ target }) => isOffHost(target)).length,
    locked: counting.filter(({ isLocked }) => isLocked).length,
  }
  const missing =
    reached.offHost === 0
      ? 'No copy is off this host: a fire, a theft or a stolen password takes everything.'
      : reached.copies < 3
        ? 'There are fewer than three copies.'
        : reached.media < 2
          ? 'All copies are on one medium.'
          : null
  return { ...reached, isReached: missing === null, missing }
}

import { expect, test } from 'vitest'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { placeBeside } from './place-beside.ts'

const OLD = 'repo_0123456789abcdef01234567'
const NEW = 'repo_fedcba98765432100fedcba9'
const bucket = (prefix: string): ReplicaTarget => ({
  ...{ kind: 's3', endpoint: null, region: 'us-east-1', bucket: 'backups', prefix, objectLock: null, isPlainHttpAllowed: false },
})
const server = (path: string): ReplicaTarget => ({ kind: 'sftp', host: 'nas', port: 22, user: 'backup', path, hostKeyFingerprint: null })
const folder = (path: string): ReplicaTarget => ({ kind: 'folder', path, isImmutable: false })

test.each([
  [bucket('prod'), bucket('prod-fedcba98')],
  [bucket('prod-01234567'), bucket('prod-fedcba98')],
  [bucket('prod-fedcba98'), bucket('prod-fedcba98-fedcba98')],
  [bucket(''), null],
  [server('/srv/orchive/'), server('/srv/orchive-fedcba98')],
  [server('orchive'), server('orchive-fedcba98')],
  [server('/'), null],
  [server('.'), null],
  [folder('/mnt/disk/orchive'), folder('/mnt/disk/orchive-fedcba98')],
  // A disk of its own: beside it is another one.
  [folder('/proc'), null],
])('beside %o goes %o', (target, beside) => {
  expect(placeBeside(target, OLD, NEW)).toEqual(beside)
})

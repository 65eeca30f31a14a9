import type { ReplicaTarget } from '#lib/contracts/replica.ts'

/** The options that name a place on the command line; what opens it comes from a file. */
export function placeOptions(target: ReplicaTarget): string[] {
  switch (target.kind) {
    case 'folder':
      return ['--folder', target.path || 'DIR']
    case 's3':
      return [
        ...['--s3', `s3://${[target.bucket || 'BUCKET', target.prefix].filter(Boolean).join('/')}`],
        ...(target.endpoint === null ? [] : ['--endpoint', target.endpoint]),
        ...(target.region === '' || target.region === 'us-east-1' ? [] : ['--region', target.region]),
        ...(target.isPlainHttpAllowed ? ['--plain-http'] : []),
        ...(target.objectLock === null ? [] : ['--object-lock', target.objectLock]),
        ...['--secrets', 'keys.json'],
      ]
    case 'sftp':
      return [
        ...['--sftp', `${target.user || 'USER'}@${target.host || 'HOST'}:${sftpPath(target)}`],
        ...['--fingerprint', target.hostKeyFingerprint ?? 'SHA256:…', '--secrets', 'keys.json'],
      ]
  }
}

const sftpPath = ({ port, path }: ReplicaTarget & { kind: 'sftp' }) => (port === 22 ? path || 'DIR' : `${port}${path || '/DIR'}`)

/** Where copies can lie, told without secrets, so that it can be kept, shown and compared. Secrets are a value apart, handed in when it is opened. */
export type StorageTarget = FolderTarget | S3Target | SftpTarget

/** A folder of this host: another disk, or a mounted share. */
export interface FolderTarget {
  kind: 'folder'
  /** Absolute. */
  path: string
  /** Objects under lock carry the `i` attribute of the file system, where it has one and this user may set it. */
  isImmutable: boolean
}

/** A bucket of an S3-compatible object store. */
export interface S3Target {
  kind: 's3'
  /** Such as `https://s3.example.org:9000`; null is AWS itself. */
  endpoint: string | null
  region: string
  bucket: string
  /** Everything lies below it: no slash at either end, '' is the whole bucket. One host, one prefix. */
  prefix: string
  /** How objects become undeletable for a time; null: they do not. The bucket has to be made with Object Lock. */
  objectLock: ObjectLockMode | null
  /** Plain http is for loopback and private addresses, and only when said so. */
  isPlainHttpAllowed: boolean
}

/** A folder of a host that speaks SFTP. */
export interface SftpTarget {
  kind: 'sftp'
  host: string
  port: number
  user: string
  /** Absolute, or relative to where the server puts this user. */
  path: string
  /** `SHA256:…` as `ssh-keygen -lf` prints it; null as long as nobody has confirmed one: then nothing is sent but a greeting. */
  hostKeyFingerprint: string | null
}

/** Governance: who has a right of its own may shorten it. Compliance: nobody may, not even the owner of the account. */
export type ObjectLockMode = 'governance' | 'compliance'

/** What opens a target: never kept beside it, never logged. A folder needs none. */
export type StorageSecrets =
  | { kind: 'none' }
  | { kind: 's3'; accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  | { kind: 'password'; password: string }
  | { kind: 'private-key'; privateKey: string; passphrase?: string }

/** A target in a line, for messages and lists: the folder, `s3://bucket/prefix at host`, `sftp://user@host/path`. */
export function describeTarget(target: StorageTarget): string {
  switch (target.kind) {
    case 'folder':
      return target.path
    case 's3': {
      const at = target.endpoint === null ? `AWS ${target.region}` : target.endpoint.replace(/^https?:\/\//, '').replace(/\/+$/, '')
      return `s3://${[target.bucket, target.prefix].filter(Boolean).join('/')} at ${at}`
    }
    case 'sftp': {
      const port = target.port === 22 ? '' : `:${target.port}`
      return `sftp://${target.user}@${target.host}${port}/${target.path.replace(/^\//, '')}`
    }
  }
}

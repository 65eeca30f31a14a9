/** The head of a repository, `repository.json`: what kind it is and the constants it was made with. In a sealed one, `keys/head.sealed` proves it. */
import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { newRepositoryId, type RepositoryId } from '#lib/base/ids.ts'
import { checksWith } from '../checked-values.ts'
import type { Storage } from '../storage/storage.ts'
import { LOOSE_MASK, MAX_CHUNK, MEAN_CHUNK, MIN_CHUNK, SMALL_LIMIT, STRICT_MASK } from './chunker.ts'

export const HEAD_NAME = 'repository.json'
/** A sealed copy of the head. */
export const SEALED_HEAD_NAME = 'keys/head.sealed'
const FORMAT_VERSION = 1

export type RepositoryKind = 'plain' | 'sealed'

export interface RepositoryHead {
  format: 'orchive-repository'
  version: number
  id: RepositoryId
  createdAt: string
  idFunction: 'sha256' | 'hmac-sha256'
  objectCodec: RepositoryKind
  chunker: { smallLimit: number; min: number; mean: number; max: number; strictMask: number; looseMask: number; gear: string }
  /** SHA-256 of the files that stand beside it. */
  files: Record<string, string>
}

const ID_FUNCTIONS = { plain: 'sha256', sealed: 'hmac-sha256' } as const

/** The head of a new repository, with these files beside it. */
export function newHead(kind: RepositoryKind, createdAt: string, files: Readonly<Record<string, string>>): RepositoryHead {
  return {
    format: 'orchive-repository',
    version: FORMAT_VERSION,
    id: newRepositoryId(),
    createdAt,
    idFunction: ID_FUNCTIONS[kind],
    objectCodec: kind,
    chunker: {
      smallLimit: SMALL_LIMIT,
      min: MIN_CHUNK,
      mean: MEAN_CHUNK,
      max: MAX_CHUNK,
      strictMask: STRICT_MASK >>> 0,
      looseMask: LOOSE_MASK >>> 0,
      gear: `${kind === 'plain' ? 'sha256' : 'hmac-sha256 by the gear key'} of "orchive gear " and the index`,
    },
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, sha256(text)])),
  }
}

/** The stored form: JSON, then the SHA-256 of it. */
export function encodeHead(head: RepositoryHead): Buffer {
  const text = `${JSON.stringify(head, null, 2)}\n`
  return Buffer.from(`${text}${sha256(text)}\n`)
}

/** Reads the head as it is stored; throws `repository_missing`. */
export async function readHead(storage: Storage): Promise<Buffer> {
  try {
    return await storage.get(HEAD_NAME)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'object_missing') throw error
    throw new AppError('repository_missing', {
      message: `There is no repository at ${storage.location}.`,
      hint: 'If its disk is not mounted, mount it. A new one is made with `orchive repository init DIR`.',
      cause: error,
    })
  }
}

/** What a stored head says; throws `repository_damaged` or `repository_unknown_format`. */
export function parseHead(location: string, bytes: Buffer): RepositoryHead {
  const text = bytes.toString('utf8')
  const end = text.lastIndexOf('\n', text.length - 2) + 1
  if (text.slice(end) !== `${sha256(text.slice(0, end))}\n`) throw damagedHead(location, 'does not match its own checksum')
  const head = jsonOrNull(text.slice(0, end)) as RepositoryHead | null
  if (head?.format !== 'orchive-repository') throw damagedHead(location, 'is not of a repository')
  if (head.version !== FORMAT_VERSION || head.idFunction !== (ID_FUNCTIONS as Record<string, string>)[head.objectCodec]) {
    throw new AppError('repository_unknown_format', {
      message: `The repository at ${location} has format ${head.version} (${head.idFunction}, ${head.objectCodec}); this Orchive knows ${FORMAT_VERSION} (sha256, plain, and hmac-sha256, sealed).`,
      hint: 'Use the Orchive that wrote it, or a newer one.',
    })
  }
  const check = checksWith((what) => damagedHead(location, what))
  check.matching(head.id, /^repo_[0-9a-f]{24}$/, 'id')
  check.moment(head.createdAt, 'createdAt')
  check.texts(head.files, 'files')
  return head
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The failure of a head that is not what was written. */
export function damagedHead(location: string, what: string): AppError {
  return new AppError('repository_damaged', {
    message: `${location}/${HEAD_NAME} ${what}.`,
    hint: 'Restore this small file from a copy of the repository; packs and manifests are not affected.',
  })
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import type { ServiceContext } from '../context.ts'

/** What is kept secret: of a channel, or of the provider that people sign in with. The address of a webhook is a secret: whoever knows it may post. */
export interface Secrets {
  url?: string | undefined
  signingKey?: string | undefined
  password?: string | undefined
  clientSecret?: string | undefined
  /** Of the place of a replica. */
  storage?: StorageSecrets | undefined
}

const VERSION = 'v1'
const KEY_BYTES = 32
const NONCE_BYTES = 12

/** Seals secrets with the key of the home, AES-256-GCM: a copy of the database alone tells nothing. */
export function sealSecrets(ctx: Pick<ServiceContext, 'paths'>, secrets: Secrets): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(ctx), nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()])
  return [VERSION, ...[nonce, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join('.')
}

/** Opens what was sealed; throws `invalid_input` when the key of the home is not the one it was sealed with. */
export function openSecrets(ctx: Pick<ServiceContext, 'paths'>, text: string): Secrets {
  const [version, ...parts] = text.split('.')
  const [nonce, tag, sealed] = parts.map((part) => Buffer.from(part, 'base64url'))
  try {
    if (version !== VERSION || !nonce || !tag || !sealed) throw new Error('unknown form')
    const decipher = createDecipheriv('aes-256-gcm', keyOf(ctx), nonce).setAuthTag(tag)
    return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')) as Secrets
  } catch (cause) {
    throw new AppError('invalid_input', {
      message: `The secrets cannot be opened with the key in ${ctx.paths.notifyKey}.`,
      hint: 'Enter them again in the settings of the channel, the provider or the replica.',
      cause,
    })
  }
}

/** Made at first use, readable by this user only. */
function keyOf({ paths }: Pick<ServiceContext, 'paths'>): Buffer {
  for (;;) {
    try {
      return readFileSync(paths.notifyKey).subarray(0, KEY_BYTES)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    mkdirSync(dirname(paths.notifyKey), { recursive: true, mode: 0o700 })
    try {
      writeFileSync(paths.notifyKey, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      // Another process was first; its key counts.
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
}

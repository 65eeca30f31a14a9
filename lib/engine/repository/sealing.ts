/**
 * The primitives of sealed repositories: keys derived from one master key, and authenticated encryption of small objects. Nothing here is of our own
 * invention: AES-256 in counter mode (NIST SP 800-38A), HMAC-SHA256 (RFC 2104), HKDF-Expand (RFC 5869), encrypt-then-MAC (Bellare, Namprempre 2000).
 * docs/repository-format.md says what every byte means, and recover.sh reads it with `openssl`.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { KeyedHash } from './keyed-hash.ts'

export const KEY_BYTES = 32
/** 12 random bytes, and a counter of 16-byte blocks that starts at zero. */
export const IV_BYTES = 16
const RANDOM_IV_BYTES = 12
const OBJECT_MAGIC = Buffer.from('orchive-sealed-1')
const OBJECT_HEAD_BYTES = OBJECT_MAGIC.length + IV_BYTES
const OBJECT_TAG_BYTES = 32
/** What a sealed object is longer by. */
export const OBJECT_EXTRA_BYTES = OBJECT_HEAD_BYTES + OBJECT_TAG_BYTES

/** A pair of keys for encryption and authentication. */
export interface SealKeys {
  encryption: KeyObject
  authentication: KeyedHash
}

/** A key for one purpose out of a key that is random as a whole: HKDF-Expand of one block. */
export function expandKey(secret: Uint8Array, label: string): Buffer {
  return createHmac('sha256', secret).update(label, 'latin1').update(Uint8Array.of(1)).digest()
}

/** The pair for one purpose. */
export function sealKeys(secret: Uint8Array, purpose: 'object' | 'pack' | 'slot'): SealKeys {
  return {
    encryption: createSecretKey(expandKey(secret, `orchive 1 ${purpose} encryption`)),
    authentication: new KeyedHash(expandKey(secret, `orchive 1 ${purpose} authentication`)),
  }
}

/** A fresh initial counter block. */
export const newIv = (): Buffer => Buffer.concat([randomBytes(RANDOM_IV_BYTES), Buffer.alloc(IV_BYTES - RANDOM_IV_BYTES)])

/** Encrypts or decrypts what lies `position` bytes behind the start of a keystream. */
export function applyKeystream(key: KeyObject, iv: Uint8Array, position: number, bytes: Uint8Array): Buffer {
  const counter = Buffer.from(iv)
  counter.writeUInt32BE(Math.floor(position / 16), RANDOM_IV_BYTES)
  const cipher = createDecipheriv('aes-256-ctr', key, counter)
  if (position % 16 > 0) cipher.update(Buffer.alloc(position % 16))
  return cipher.update(bytes)
}

/** What is stored of bytes that `context` names: magic, initial counter block, ciphertext, and a tag over context, a zero byte and all before it. */
export function sealBytes({ encryption, authentication }: SealKeys, context: string, raw: Uint8Array): Buffer {
  const iv = newIv()
  const body = createCipheriv('aes-256-ctr', encryption, iv).update(raw)
  const tag = tagOf(authentication, context, [OBJECT_MAGIC, iv, body])
  return Buffer.concat([OBJECT_MAGIC, iv, body, tag])
}

/** The bytes again; null when they were changed, cut, sealed with another key or are those of another name. */
export function openBytes({ encryption, authentication }: SealKeys, context: string, stored: Buffer): Buffer | null {
  const bodyEnd = stored.length - OBJECT_TAG_BYTES
  if (bodyEnd < OBJECT_HEAD_BYTES || !stored.subarray(0, OBJECT_MAGIC.length).equals(OBJECT_MAGIC)) return null
  if (!timingSafeEqual(tagOf(authentication, context, [stored.subarray(0, bodyEnd)]), stored.subarray(bodyEnd))) return null
  const iv = stored.subarray(OBJECT_MAGIC.length, OBJECT_HEAD_BYTES)
  return applyKeystream(encryption, iv, 0, stored.subarray(OBJECT_HEAD_BYTES, bodyEnd))
}

function tagOf(key: KeyedHash, context: string, parts: readonly Uint8Array[]): Buffer {
  return Buffer.from(key.digest([Buffer.from(`${context}\0`, 'utf8'), ...parts], 'binary'), 'latin1')
}

/** The failure of an object that does not open. */
export function unsealable(name: string): AppError {
  return new AppError('repository_damaged', {
    message: `${name} does not open with the key of its repository: it was changed, cut short, or put there under another name.`,
    hint: 'Run `orchive verify --all` to see what is affected; `orchive repository heal` puts right what it can.',
    context: { name },
  })
}

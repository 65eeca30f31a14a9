/**
 * HMAC-SHA256 (RFC 2104) of many short messages under one key: put together of two one-shot hashes over memory that is used again. Node's own makes an
 * object a message, which costs as much as hashing 2 KB and leaves the garbage collector more to do than the rest of a backup (docs/adr/0176).
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'

const BLOCK_BYTES = 64
const HASH_BYTES = 32
/** Copying a longer message costs more than Node's object. */
const SHORT_BYTES = 64 * 1024

export class KeyedHash {
  private readonly key: KeyObject
  /** The padded key, then the message. */
  private readonly inner = Buffer.alloc(BLOCK_BYTES + SHORT_BYTES, 0x36)
  /** The padded key, then the hash of `inner`. */
  private readonly outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c)

  /** `key` has at most 64 bytes. */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError(`A key of ${key.length} bytes is longer than a block of SHA-256.`)
    this.key = createSecretKey(key)
    for (const [i, byte] of key.entries()) {
      this.inner[i]! ^= byte
      this.outer[i]! ^= byte
    }
  }

  /** Of the parts one after the other: text of 64 hexadecimal digits, or of 32 characters that are the bytes. */
  digest(parts: readonly Uint8Array[], encoding: 'hex' | 'binary'): string {
    let at = BLOCK_BYTES
    for (const part of parts) {
      if (at + part.length > this.inner.length) return this.digestLong(parts, encoding)
      this.inner.set(part, at)
      at += part.length
    }
    this.outer.write(hash('sha256', this.inner.subarray(0, at), 'binary'), BLOCK_BYTES, HASH_BYTES, 'latin1')
    return hash('sha256', this.outer, encoding)
  }

  private digestLong(parts: readonly Uint8Array[], encoding: 'hex' | 'binary'): string {
    const hmac = createHmac('sha256', this.key)
    for (const part of parts) hmac.update(part)
    return hmac.digest(encoding)
  }
}

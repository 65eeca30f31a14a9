/**
 * Packs of sealed repositories. Each frame is encrypted together with the header of a zstd skippable frame that announces 16 bytes, and those are the tag of
 * the ciphertext before it, as it is. So frames that lie side by side decrypt in one go and are still frames that zstd reads, tags stepped over.
 */
import { type Cipheriv, createCipheriv, timingSafeEqual } from 'node:crypto'
import type { PackForm, PackOpener, PackSealer } from './codec.ts'
import { damagedFrame, readFramePlace } from './frame-walk.ts'
import { applyKeystream, IV_BYTES, newIv, type SealKeys } from './sealing.ts'

const MAGIC = Buffer.from('orchive-pack-s-1')
const HEAD_BYTES = MAGIC.length + IV_BYTES
const TAG_BYTES = 16
/** Magic number 0x184d2a50 and the length, little endian. */
const TAG_HEADER = Buffer.from('502a4d1810000000', 'hex')
const EXTRA_BYTES = TAG_HEADER.length + TAG_BYTES

/** How frames lie in the packs of a sealed repository. */
export function sealedPackForm(keys: SealKeys): PackForm {
  return {
    headBytes: HEAD_BYTES,
    extraBytes: EXTRA_BYTES,
    newSealer: () => new Sealer(keys, newIv()),
    opener(head) {
      if (head.length < HEAD_BYTES || !MAGIC.equals(head.subarray(0, MAGIC.length)))
        throw damagedFrame('lies in a file that is no sealed pack')
      return new Opener(keys, Buffer.from(head.subarray(MAGIC.length, HEAD_BYTES)))
    },
  }
}

/** The sealer with an initial counter block that is given: for test vectors. A block must never be used twice. */
export const sealerWith = (keys: SealKeys, iv: Buffer): PackSealer => new Sealer(keys, iv)

class Sealer implements PackSealer {
  readonly head: Buffer
  private readonly keys: SealKeys
  private readonly iv: Buffer
  private readonly cipher: Cipheriv
  /** Plaintext on its way into the cipher: kept, for what is made anew by the megabyte keeps the garbage collector busy. */
  private plain = Buffer.alloc(0)

  constructor(keys: SealKeys, iv: Buffer) {
    this.keys = keys
    this.iv = iv
    this.head = Buffer.concat([MAGIC, iv])
    this.cipher = createCipheriv('aes-256-ctr', keys.encryption, iv)
  }

  seal(frames: readonly Uint8Array[], offset: number): Buffer {
    const length = frames.reduce((sum, frame) => sum + frame.length + EXTRA_BYTES, 0)
    if (this.plain.length < length) this.plain = Buffer.alloc(length)
    let at = 0
    for (const frame of frames) {
      this.plain.set(frame, at)
      this.plain.set(TAG_HEADER, at + frame.length)
      at += frame.length + EXTRA_BYTES
    }
    // The keystream goes on below the tags, so that a run of frames decrypts at once. What lies there before does not matter: the tags are put over it.
    const stored = this.cipher.update(this.plain.subarray(0, length))
    at = 0
    for (const frame of frames) {
      const end = at + frame.length + TAG_HEADER.length
      stored.write(tagOf(this.keys, this.iv, offset + at, stored.subarray(at, end)), end, TAG_BYTES, 'latin1')
      at = end + TAG_BYTES
    }
    return stored
  }
}

class Opener implements PackOpener {
  private readonly keys: SealKeys
  private readonly iv: Buffer
  /** The pack looked at last, as a whole. */
  private whole: { pack: Uint8Array; decrypted: Buffer } | null = null

  constructor(keys: SealKeys, iv: Buffer) {
    this.keys = keys
    this.iv = iv
  }

  open(stored: Buffer, offset: number): Buffer {
    const end = stored.length - TAG_BYTES
    if (end < TAG_HEADER.length) throw damagedFrame('is too short to be sealed')
    this.check(stored.subarray(0, end), offset, stored.subarray(end))
    return applyKeystream(this.keys.encryption, this.iv, offset - HEAD_BYTES, stored.subarray(0, end - TAG_HEADER.length))
  }

  next(pack: Uint8Array, offset: number): { frame: Buffer; storedBytes: number } {
    const decrypted = this.decryptedOf(pack)
    const { length, isSkippable } = readFramePlace(decrypted, offset)
    const storedBytes = length + EXTRA_BYTES
    if (isSkippable) throw damagedFrame('is a tag without a frame')
    if (offset + storedBytes > pack.length) throw damagedFrame(`is cut short at byte ${pack.length}`)
    const end = offset + length + TAG_HEADER.length
    this.check(pack.subarray(offset, end), offset, pack.subarray(end, end + TAG_BYTES))
    return { frame: decrypted.subarray(offset, offset + length), storedBytes }
  }

  private decryptedOf(pack: Uint8Array): Buffer {
    if (this.whole?.pack !== pack) {
      const body = applyKeystream(this.keys.encryption, this.iv, 0, pack.subarray(HEAD_BYTES))
      this.whole = { pack, decrypted: Buffer.concat([pack.subarray(0, HEAD_BYTES), body]) }
    }
    return this.whole.decrypted
  }

  private check(ciphertext: Uint8Array, offset: number, tag: Uint8Array): void {
    const expected = Buffer.from(tagOf(this.keys, this.iv, offset, ciphertext), 'latin1')
    if (!timingSafeEqual(expected, tag)) throw damagedFrame('was changed: its tag does not hold')
  }
}

/** Binds the ciphertext to its pack and to its place in there: text whose characters are the bytes. */
function tagOf({ authentication }: SealKeys, iv: Buffer, offset: number, ciphertext: Uint8Array): string {
  const place = Buffer.allocUnsafe(IV_BYTES + 8)
  iv.copy(place)
  place.writeBigUInt64BE(BigInt(offset), IV_BYTES)
  return authentication.digest([place, ciphertext], 'binary').slice(0, TAG_BYTES)
}

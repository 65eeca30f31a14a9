/** The codec of a sealed repository: ids, cuts and packs depend on keys, so that the store learns neither from names nor from where content was cut what it is. */
import { createHmac } from 'node:crypto'
import type { Codec } from './codec.ts'
import { KeyedHash } from './keyed-hash.ts'
import { sealedPackForm } from './sealed-packs.ts'
import { expandKey, OBJECT_EXTRA_BYTES, sealKeys } from './sealing.ts'

/** Everything that follows from a master key. */
export function sealedCodec(master: Uint8Array): Codec {
  const ids = new KeyedHash(expandKey(master, 'orchive 1 frame id'))
  return {
    frameId: (raw) => ids.digest([raw], 'hex'),
    idIsSha256: false,
    gear: gearOf(expandKey(master, 'orchive 1 gear')),
    objectExtraBytes: OBJECT_EXTRA_BYTES,
    packs: sealedPackForm(sealKeys(master, 'pack')),
    seed: { kind: 'sealed', master },
  }
}

function gearOf(key: Buffer): Int32Array {
  return Int32Array.from({ length: 256 }, (_, i) => createHmac('sha256', key).update(`orchive gear ${i}`).digest().readInt32LE(0))
}

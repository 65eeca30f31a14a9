/**
 * The one way in and out for the repository's small objects (index, manifest, mark, section), so that an encrypting codec fits in later
 * without touching their callers.
 */
import { compressObject, decompressObject } from './frame.ts'

/** No index, manifest or section is larger; more is hostile or damaged. */
const LIMIT_BYTES = 512 * 1024 * 1024

/** An object's bytes as they are stored. */
export function sealObject(raw: Uint8Array): Buffer {
  return compressObject(raw)
}

/** An object's bytes from what is stored; throws `repository_damaged`. */
export function openObject(stored: Uint8Array): Buffer {
  return decompressObject(stored, LIMIT_BYTES)
}

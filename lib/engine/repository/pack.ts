/** Packs: what they are called, where they lie, and which there are. Written by pack-writer.ts; what is in them is read from their indexes, pack-index.ts. */
import type { Storage } from '../storage/storage.ts'
import type { Codec } from './codec.ts'

/** Data packs hold segments, meta packs hold sections of manifests. */
export type PackKind = 'data' | 'meta'

/** A pack is closed when it has grown to this size. */
export const PACK_BYTES = 64 * 1024 * 1024

export const packName = (sha256: string) => `packs/${sha256.slice(0, 2)}/${sha256}.pack`
/** The SHA-256 that a pack's name says; '' when it says none. */
export const packHashOf = (pack: string) => /([0-9a-f]{64})\.pack$/.exec(pack)?.[1] ?? ''
export const indexNameOf = (pack: string) => pack.replace(/\.pack$/, '.idx.zst')
export const packOfIndex = (index: string) => index.replace(/\.idx\.zst$/, '.pack')

/** Where packs lie, and what they are made of: a repository, mostly. */
export interface PackPlace {
  readonly storage: Storage
  /** The same storage as it is for small objects. */
  readonly objects: Storage
  readonly codec: Codec
}

/** The packs that are there, and the indexes. */
export interface PackList {
  packs: string[]
  /** Names and sizes. */
  indexes: Map<string, number>
}

/** Names of the packs below a prefix, sorted, and the indexes that are there. */
export async function listPacks(storage: Storage, prefix = 'packs/'): Promise<PackList> {
  const packs: string[] = []
  const indexes = new Map<string, number>()
  for await (const { name, sizeBytes } of storage.list(prefix)) {
    if (name.endsWith('.pack')) packs.push(name)
    else if (name.endsWith('.idx.zst')) indexes.set(name, sizeBytes)
  }
  return { packs: packs.sort(), indexes }
}

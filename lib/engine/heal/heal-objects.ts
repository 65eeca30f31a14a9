/** Small objects that are damaged: a whole copy of one is one that passes its own checksum, so it does not matter where it comes from. */
import { createHash } from 'node:crypto'
import { isAppError } from '#lib/base/errors.ts'
import { isArchiveId } from '#lib/base/ids.ts'
import { decodeKeySlot } from '../repository/key-slots.ts'
import { decodeManifest } from '../repository/manifest.ts'
import { decodeMark } from '../repository/mark.ts'
import { type PackPlace, packOfIndex } from '../repository/pack.ts'
import { makeMissingIndex } from '../repository/pack-index.ts'
import { BESIDE_THE_HEAD, type Repository } from '../repository/repository.ts'
import { encodeHead, HEAD_NAME, newHead, type RepositoryHead, SEALED_HEAD_NAME } from '../repository/repository-head.ts'
import { openObject, sealObject } from '../repository/seal.ts'

/** A whole copy of a manifest, a mark or what stands beside the head; null when nobody has one. */
export async function wholeCopy(repository: Repository, name: string, others: readonly Repository[]): Promise<Buffer | null> {
  for (const candidate of candidates(repository, name, others)) {
    const bytes = await candidate().catch(nullIfMissing)
    if (bytes !== null && isWhole(repository, name, bytes)) return bytes
  }
  return null
}

function* candidates({ storage, objects }: Repository, name: string, others: readonly Repository[]): Generator<() => Promise<Buffer>> {
  // Bits that its content does not show: written anew it is whole.
  yield async () => sealObject(openObject(await objects.get(name)))
  if (name === SEALED_HEAD_NAME) yield () => storage.get(HEAD_NAME)
  const ours = BESIDE_THE_HEAD[name]
  if (ours !== undefined) yield async () => Buffer.from(ours)
  for (const other of others) {
    yield () => other.objects.get(name)
    // Forgotten there and not here, or the other way round.
    yield () => other.objects.get(name.startsWith('trash/') ? name.slice('trash/'.length) : `trash/${name}`)
  }
}

function isWhole({ head }: Repository, name: string, bytes: Buffer): boolean {
  if (name === SEALED_HEAD_NAME) return isHeadAsMade(head, bytes)
  const archiveId = /(?:^|\/)(arc_[0-9a-f]{24})\.mft\.zst$/.exec(name)?.[1] ?? ''
  try {
    if (isArchiveId(archiveId)) return sealObject(openObject(bytes)).equals(bytes) && decodeManifest(archiveId, bytes).id === archiveId
    if (/^(trash\/)?marks\//.test(name)) return decodeMark(name, bytes).seq > 0
    if (name.startsWith('keys/')) return decodeKeySlot(name, bytes).id.length > 0
    return head.files[name] !== undefined && createHash('sha256').update(bytes).digest('hex') === head.files[name]
  } catch {
    return false
  }
}

/** Its own copy is what proves a head; without that, only one that says what this Orchive writes is taken for whole. */
function isHeadAsMade(head: RepositoryHead, bytes: Buffer): boolean {
  const made = newHead(head.objectCodec, head.createdAt, BESIDE_THE_HEAD)
  return encodeHead({ ...made, id: head.id }).equals(bytes)
}

function nullIfMissing(error: unknown): null {
  if (isAppError(error)) return null
  throw error
}

/** Makes the index of a pack again, from the pack; false when the pack does not tell. */
export async function remakeIndex(place: PackPlace, index: string): Promise<boolean> {
  await place.storage.remove(index)
  await makeMissingIndex(place, packOfIndex(index))
  return (await place.storage.stat(index)) !== null
}

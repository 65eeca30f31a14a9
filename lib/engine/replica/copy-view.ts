/**
 * A copy as it was listed, read from the host wherever the host has the same object: packs are named by what they hold, manifests and marks never change.
 * So planning asks the place for nothing but what the host has no more. Only for reading.
 */
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ObjectWriter, Storage } from '../storage/storage.ts'
import type { Listing } from './object-names.ts'

export interface CopyViewInput {
  place: Storage
  host: Storage
  /** What the copy has; the view follows it. */
  listing: Listing
  /** Objects that are there and not to be counted on. */
  damaged: ReadonlySet<string>
  /** The host's packs and manifests by their names on the copy, with the size and where they lie. */
  onHost: ReadonlyMap<string, { from: string; sizeBytes: number }>
}

/** The view. Object that the listing does not name are missing. */
export function copyView({ place, host, listing, damaged, onHost }: CopyViewInput): Storage {
  const whereverItIs = async <T>(name: string, ask: (storage: Storage, name: string) => Promise<T>): Promise<T> => {
    if (!listing.has(name) || damaged.has(name)) throw missing(place, name)
    const twin = onHost.get(name)
    if (twin && twin.sizeBytes === listing.get(name)) {
      for (const at of [twin.from, name, `trash/${name}`]) {
        try {
          return await ask(host, at)
        } catch (error) {
          if (!isAppError(error) || error.code === 'cancelled') throw error
        }
      }
    }
    return await ask(place, name)
  }
  const refused = async (): Promise<never> => {
    throw new AppError('internal', { message: 'The view of a copy is only for reading.' })
  }
  return {
    location: place.location,
    get: (name) => whereverItIs(name, (storage, at) => storage.get(at)),
    read: (name, offset, length) => whereverItIs(name, (storage, at) => storage.read(at, offset, length)),
    async stat(name) {
      const sizeBytes = damaged.has(name) ? undefined : listing.get(name)
      return sizeBytes === undefined ? null : { sizeBytes, mtimeMs: 0 }
    },
    async *list(prefix) {
      const below = prefix === '.' ? '' : prefix
      for (const [name, sizeBytes] of [...listing]) if (name.startsWith(below) && !damaged.has(name)) yield { name, sizeBytes }
    },
    freeBytes: async () => null,
    close: () => {},
    put: refused,
    replace: refused,
    create: (): Promise<ObjectWriter> => refused(),
    move: refused,
    remove: refused,
    removeUnfinished: refused,
  }
}

function missing(place: Storage, name: string): AppError {
  return new AppError('object_missing', {
    message: `The copy at ${place.location} has no whole object ${name}.`,
    hint: 'The next sync completes it from the host.',
  })
}

import { AppError } from '#lib/base/errors.ts'
import { overlaid } from './overlaid.ts'
import type { Storage } from './storage.ts'

const WRITING = ['put', 'replace', 'create', 'move', 'remove', 'removeUnfinished'] as const

/** Storage that refuses whatever writes, with `repository_read_only`; `location` is what it counts as. */
export function readOnly(storage: Storage, location: string): Storage {
  const refused = async (): Promise<never> => {
    throw new AppError('repository_read_only', {
      message: `${storage.location} is a copy that this home only reads.`,
      hint: 'Nothing was changed. Backups go into a repository of this host.',
    })
  }
  const over: Partial<Storage> = { location, immutability: undefined, ...Object.fromEntries(WRITING.map((verb) => [verb, refused])) }
  return overlaid(storage, over)
}

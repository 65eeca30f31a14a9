import { AppError } from '#lib/base/errors.ts'
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
  const over: Record<string, unknown> = { location, immutability: undefined, ...Object.fromEntries(WRITING.map((verb) => [verb, refused])) }
  return new Proxy(storage, {
    get(target, name) {
      if (name in over) return over[name as string]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

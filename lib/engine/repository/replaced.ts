/** That another repository took the place of this one: from then on it is kept, read, and not written into by anybody. */
import { commandText } from '#lib/base/command-text.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { decodeSummedLine, encodeSummedLine } from './summed-line.ts'

export const REPLACED_NAME = 'system/replaced.json'

/** What took over, and when. */
export interface Replaced {
  by: string
  /** The folder as the host that did it names it. */
  path: string
  /** ISO 8601 UTC. */
  at: string
}

/** What took a repository's place; null = nothing did. */
export async function replacedBy(objects: Storage): Promise<Replaced | null> {
  if ((await objects.stat(REPLACED_NAME)) === null) return null
  const said = decodeSummedLine(await objects.get(REPLACED_NAME)) as Replaced | undefined
  return said ?? { by: 'another repository', path: 'another place', at: 'some time ago' }
}

/** Says so; under the lease of the repository that is replaced. */
export async function noteReplaced(objects: Storage, replaced: Replaced): Promise<void> {
  try {
    await objects.put(REPLACED_NAME, encodeSummedLine(replaced))
  } catch (error) {
    if (!isAppError(error) || error.code !== 'object_exists') throw error
  }
}

/** Throws `repository_replaced` where another one took over. */
export async function assertNotReplaced(objects: Storage): Promise<void> {
  const replaced = await replacedBy(objects)
  if (replaced === null) return
  throw new AppError('repository_replaced', {
    message: `The repository at ${objects.location} was replaced by ${replaced.by} at ${replaced.path} (${replaced.at}), and nothing is written into it any more.`,
    hint: `A migration that was interrupted here is finished with \`${commandText(['orchive', 'repository', 'migrate', replaced.path, '--switch'])}\`. If ${replaced.path} is lost, remove ${REPLACED_NAME} here and attach this one again.`,
    context: { location: objects.location, ...replaced },
  })
}

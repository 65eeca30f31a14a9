import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { isWithinRaw, type RawPath, rawOfString, textOfRaw } from '../raw-path.ts'
import { canonicalPath } from './look-at-path.ts'
import type { ResolvedItem } from './resolved-item.ts'

/** An archive that holds the repository it lies in would grow for ever; throws `repository_inside_item` when one would. */
export function assertRepositoryApart(
  items: readonly Pick<ResolvedItem, 'key' | 'label' | 'rawPath'>[],
  places: { repositoryPath?: string | null | undefined; homePath?: string | null | undefined },
): void {
  const repository = canonicalOrNull(places.repositoryPath)
  const home = canonicalOrNull(places.homePath)
  for (const item of items) {
    if (item.rawPath === null) continue
    const path = item.rawPath.toString('latin1')
    if (repository !== null && isWithinRaw(repository, path)) throw inside(`The repository ${textOfRaw(repository)}`, item, path)
    if (home !== null && isWithinRaw(home, path)) throw inside(`ORCHIVE_HOME ${textOfRaw(home)}`, item, path)
    if (repository !== null && isWithinRaw(path, repository)) {
      throw new AppError('repository_inside_item', {
        message: `${item.label} (\`${item.key}\`), ${textOfRaw(path)}, lies inside the repository ${textOfRaw(repository)}.`,
        hint: 'Keep the repository in a folder of its own.',
        context: { item: item.key, itemPath: textOfRaw(path), repositoryPath: textOfRaw(repository) },
      })
    }
  }
}

function inside(what: string, item: { key: string; label: string }, path: RawPath): AppError {
  return new AppError('repository_inside_item', {
    message: `${what} lies inside ${item.label} (\`${item.key}\`), ${textOfRaw(path)}, which archives would hold.`,
    hint: 'Put it outside every item: choose another folder with --home or ORCHIVE_HOME, or correct the config key.',
    context: { item: item.key, itemPath: textOfRaw(path) },
  })
}

function canonicalOrNull(path: string | null | undefined): RawPath | null {
  return path ? canonicalPath(rawOfString(resolve(path))) : null
}

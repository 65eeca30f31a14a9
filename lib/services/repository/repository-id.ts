import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The id of the repository in a folder, by its head alone; null where there is none to read. */
export function repositoryIdAt(path: string): string | null {
  try {
    return /"id": "(repo_[0-9a-f]{24})"/.exec(readFileSync(join(path, 'repository.json'), 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

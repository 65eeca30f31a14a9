import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether a repository is sealed, by its head alone. */
export function isSealed(repositoryPath: string): boolean {
  try {
    return /"objectCodec": "(?!plain")/.test(readFileSync(join(repositoryPath, 'repository.json'), 'utf8'))
  } catch {
    return false
  }
}

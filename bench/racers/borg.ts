import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { measure } from '../measure.ts'
import { folderBytes, fresh, oneAfterAnother, type Place, type Racer } from './racer.ts'

/** borg, unencrypted, with zstd at level 3. */
export function borg(): Racer {
  let number = 0
  const env = ({ work }: Place) => ({
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
    BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes',
    BORG_BASE_DIR: work,
  })
  const repo = ({ work }: Place) => join(work, 'repo')
  const newest = (place: Place) => `${repo(place)}::a${number}`
  const run = (place: Place, args: string[], cwd?: string) => measure(['borg', ...args], { env: env(place), ...(cwd ? { cwd } : {}) })
  const backup = (place: Place) => run(place, ['create', '--compression', 'zstd,3', `${repo(place)}::a${++number}`, '.'], place.root)
  return {
    name: 'borg',
    version: execFileSync('borg', ['--version'], { encoding: 'utf8' }).trim().split(' ')[1] ?? '',
    prepare(place) {
      fresh(place.work)
      number = 0
      execFileSync('borg', ['init', '-e', 'none', repo(place)], { env: { ...process.env, ...env(place) }, stdio: 'ignore' })
    },
    run: {
      first: backup,
      'day later': backup,
      'nothing changed': backup,
      list: (place) => run(place, ['list', newest(place)]),
      compare: (place) => run(place, ['diff', `${repo(place)}::a1`, `a${number}`]),
      'restore one file': (place) => run(place, ['extract', newest(place), place.oneFile], fresh(join(place.work, 'one'))),
      'restore all': (place) => run(place, ['extract', newest(place)], fresh(join(place.work, 'all'))),
      'verify all': (place) => run(place, ['check', '--verify-data', repo(place)]),
      'forget and prune': (place) =>
        oneAfterAnother(
          () => run(place, ['prune', '--keep-last', '1', repo(place)]),
          () => run(place, ['compact', repo(place)]),
        ),
    },
    backUp: backup,
    storedBytes: (place) => folderBytes(repo(place)),
  }
}

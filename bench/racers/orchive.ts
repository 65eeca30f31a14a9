import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure } from '../measure.ts'
import { folderBytes, fresh, oneAfterAnother, type Place, type Racer } from './racer.ts'

/** The launcher, as people run it. */
export const ORCHIVE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin/orchive')

/** The archive of the first step, when those of the next two stand after it. */
const OLDEST_OF_THREE = 'latest~2'

/** Orchive as it lies in this checkout. */
export function orchive(): Racer {
  const argv = ({ work }: Place, ...verb: string[]) => [ORCHIVE, '--home', join(work, 'home'), '--quiet', ...verb]
  const backup = (place: Place) => measure(argv(place, 'backup'))
  const restore = (place: Place, into: string, ...paths: string[]) =>
    measure(argv(place, 'restore', 'latest', ...paths, '--target', fresh(join(place.work, into))))
  return {
    name: 'orchive',
    version: execFileSync(ORCHIVE, ['--version'], { encoding: 'utf8' }).trim(),
    prepare(place) {
      fresh(place.work)
      const [command, ...args] = argv(place, 'workspace', 'add', place.root, '--name', 'bench')
      execFileSync(command!, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    },
    run: {
      first: backup,
      'day later': backup,
      'nothing changed': backup,
      list: (place) => measure(argv(place, 'ls', 'latest', '--recursive')),
      compare: (place) => measure(argv(place, 'diff', OLDEST_OF_THREE, 'latest')),
      'restore one file': (place) => restore(place, 'one', place.oneFile),
      'restore all': (place) => restore(place, 'all'),
      'verify all': (place) => measure(argv(place, 'verify', '--all', '--level', 'bytes')),
      'forget and prune': (place) => {
        const [command, ...args] = argv(place, 'archives', '--json')
        const listed = JSON.parse(execFileSync(command!, args, { encoding: 'utf8' })) as { id: string }[]
        const older = listed.slice(1).map(({ id }) => id)
        return oneAfterAnother(
          () => measure(argv(place, 'forget', ...older, '--reason', 'bench')),
          () => measure(argv(place, 'prune', '--grace', '0')),
        )
      },
    },
    backUp: backup,
    storedBytes: ({ work }) => folderBytes(join(work, 'home/repository')),
  }
}

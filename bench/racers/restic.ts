import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { measure } from '../measure.ts'
import { folderBytes, fresh, type Place, type Racer } from './racer.ts'

const ENV = { RESTIC_PASSWORD: 'bench', RESTIC_PROGRESS_FPS: '0', RUSTIC_PASSWORD: 'bench', RUSTIC_NO_PROGRESS: 'true' }

/** restic, or rustic, which takes the same verbs. Without caches, which would outlive the race. */
export function restic(name: 'restic' | 'rustic'): Racer {
  const argv = ({ work }: Place, ...verb: string[]) =>
    name === 'restic'
      ? ['restic', '-q', '--no-cache', '-r', join(work, 'repo'), ...verb]
      : ['rustic', '--no-cache', '--repository', join(work, 'repo'), ...verb]
  const said = (place: Place, ...verb: string[]) => {
    const [command, ...args] = argv(place, ...verb)
    return execFileSync(command!, args, { env: { ...process.env, ...ENV }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  }
  const run = (place: Place, ...verb: string[]) => measure(argv(place, ...verb), { env: ENV })
  const backup = (place: Place) => run(place, 'backup', place.root)
  const firstAndLast = (place: Place) => {
    const listed = JSON.parse(said(place, 'snapshots', '--json')) as { id: string }[] | [unknown, { id: string }[]][]
    const ids = listed.flatMap((one) => (Array.isArray(one) ? one[1].map(({ id }) => id) : [one.id]))
    return [ids[0]!, ids.at(-1)!]
  }
  const restore = (place: Place, into: string, only: string | null) => {
    const target = fresh(join(place.work, into))
    if (name === 'rustic') return run(place, 'restore', only === null ? 'latest' : `latest:${join(place.root, only)}`, target)
    return run(place, 'restore', 'latest', '--target', target, ...(only === null ? [] : ['--include', join(place.root, only)]))
  }
  return {
    name,
    version: /\d+\.\d+\.\d+/.exec(execFileSync(name, [name === 'restic' ? 'version' : '--version'], { encoding: 'utf8' }))?.[0] ?? '',
    prepare(place) {
      fresh(place.work)
      said(place, 'init')
    },
    run: {
      first: backup,
      'day later': backup,
      'nothing changed': backup,
      list: (place) => run(place, 'ls', 'latest'),
      compare: (place) => run(place, 'diff', ...firstAndLast(place)),
      'restore one file': (place) => restore(place, 'one', place.oneFile),
      'restore all': (place) => restore(place, 'all', null),
      'verify all': (place) => run(place, 'check', '--read-data'),
      'forget and prune': (place) => run(place, 'forget', '--keep-last', '1', '--prune'),
    },
    backUp: backup,
    storedBytes: ({ work }) => folderBytes(join(work, 'repo')),
  }
}

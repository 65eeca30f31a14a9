import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ORCHIVE = join(dirname(fileURLToPath(import.meta.url)), '../../bin/orchive')
const VERBS = [
  ['backup', '--rescan', '--wait', '600'],
  ['verify', '--all', '--level', 'bytes'],
  ['prune', '--wait', '600'],
]

/** Runs verbs one after the other until the signal, at the priority that the console gives its jobs; gives what ran and what failed. */
export async function work(home: string, signal: AbortSignal): Promise<{ done: string[]; failed: string[] }> {
  const [done, failed]: [string[], string[]] = [[], []]
  for (let n = 0; !signal.aborted; n++) {
    const argv = VERBS[n % VERBS.length]!
    const child = spawn('nice', ['-n', '10', ORCHIVE, ...argv, '--home', home], { stdio: ['ignore', 'ignore', 'inherit'] })
    const [code] = (await once(child, 'close')) as [number | null]
    done.push(argv[0]!)
    if (code !== 0) failed.push(`${argv.join(' ')} ended with ${code}`)
  }
  return { done, failed }
}

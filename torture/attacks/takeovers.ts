/** Two writers in one repository, of which one seems dead and is not. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ORCHIVE } from '#test/builders/run-orchive.ts'
import type { Attack, Random } from '../attack.ts'
import { type Blow, Home } from '../home.ts'
import { siegeOf } from './kills.ts'

/** What the other writer does meanwhile. */
const MEANWHILE = [
  ['backup', '--rescan'],
  ['prune', '--grace', '0'],
  ['prune', '--grace', '0'],
  ['catalog', 'rebuild'],
]
/** How the command line ends: done, failed with an error of ours, with warnings, in use. */
const KNOWN_ENDS = new Set([0, 1, 3, 11])
const LOCKED = 11

const leaseIn = (home: string) => join(home, 'repository/locks/writer.json')
const signal = (child: ChildProcess, name: NodeJS.Signals) => void process.kill(-child.pid!, name)

/** Runs a verb to its end beside the one that stands still; gives its exit code. */
async function meanwhile(home: string, random: Random): Promise<number | null> {
  const other = spawn(ORCHIVE, [...random.pick(MEANWHILE), '--home', home], { stdio: 'ignore' })
  await once(other, 'exit')
  if (!KNOWN_ENDS.has(other.exitCode ?? -1)) throw new Error(`The other writer ended with ${other.exitCode ?? other.signalCode}.`)
  return other.exitCode
}

const standStill: Blow = {
  done: 'paused and taken for dead',
  alsoAfterwards: false,
  fall: async (child, exit, { home, random }) => {
    signal(child, 'SIGSTOP')
    // As a lease that nobody renewed for as long as it takes.
    rmSync(leaseIn(home), { force: true })
    await meanwhile(home, random)
    signal(child, 'SIGCONT')
    await exit
    if (!KNOWN_ENDS.has(child.exitCode ?? -1)) throw new Error(`Who came back ended with ${child.exitCode ?? child.signalCode}.`)
  },
}

const elsewhere: Blow = {
  done: 'paused in another pid namespace',
  alsoAfterwards: false,
  through: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  fall: async (child, exit, { home }) => {
    signal(child, 'SIGSTOP')
    const isHeld = existsSync(leaseIn(home))
    const other = spawn(ORCHIVE, ['backup', '--home', home], { stdio: 'ignore' })
    await once(other, 'exit')
    if (isHeld && other.exitCode !== LOCKED)
      throw new Error(`Beside a writer in another pid namespace a backup ended with ${other.exitCode}.`)
    signal(child, 'SIGCONT')
    await exit
    if (!KNOWN_ENDS.has(child.exitCode ?? -1)) throw new Error(`Who came back ended with ${child.exitCode ?? child.signalCode}.`)
  },
}

export const takeovers: Attack = {
  name: 'takeovers',
  about: 'a writer stands still, another takes it for dead and works, then the first goes on: it notices, and nothing is lost',
  share: 3,
  open: async () => siegeOf(() => Home.make({ blow: standStill, isQuick: true })),
}

export const namespaces: Attack = {
  name: 'namespaces',
  about: 'a writer in another pid namespace, where its number says nothing: nobody takes it for dead while it lives',
  share: 2,
  impossibleBecause: () =>
    spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0 ? null : 'making pid namespaces needs root and unshare',
  open: async () => siegeOf(() => Home.make({ blow: elsewhere, isQuick: true })),
}

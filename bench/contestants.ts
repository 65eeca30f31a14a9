import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure, type Run } from './measure.ts'

export const STEPS = [
  'first',
  'day later',
  'nothing changed',
  'list',
  'compare',
  'restore one file',
  'restore all',
  'verify all',
  'forget and prune',
] as const
export type Step = (typeof STEPS)[number]

/** A tool in the race; a step it does not have is left out. `work` is a folder of its own, `root` the workspace. */
export interface Contestant {
  name: string
  version: string
  prepare(work: string, root: string): void
  run: Partial<Record<Step, (work: string, root: string) => Promise<Run>>>
  /** Takes an archive outside the race. */
  backUp?: (work: string, root: string) => Promise<unknown>
  /** Bytes it keeps after the steps so far. */
  storedBytes(work: string): number
}

const ORCHIVE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin/orchive')
/** The archive of the first step, when those of the next two stand after it. */
const OLDEST_OF_THREE = 'latest~2'
const ONE_FILE = 'knowledge-packs/knowledge-pack-1760000060000.json'

export function folderBytes(path: string): number {
  let total = 0
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    total += entry.isDirectory() ? folderBytes(child) : statSync(child).size
  }
  return total
}

function fresh(path: string): string {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  return path
}

/** Two processes that make up one step. */
async function oneAfterAnother(first: () => Promise<Run>, second: () => Promise<Run>): Promise<Run> {
  const [a, b] = [await first(), await second()]
  return {
    wallMs: a.wallMs + b.wallMs,
    peakBytes: a.peakBytes === null || b.peakBytes === null ? null : Math.max(a.peakBytes, b.peakBytes),
  }
}

function orchive(): Contestant {
  const home = (work: string) => ['--home', join(work, 'home'), '--quiet']
  const backup = (work: string) => measure([ORCHIVE, ...home(work), 'backup'])
  return {
    name: 'orchive',
    version: execFileSync(ORCHIVE, ['--version'], { encoding: 'utf8' }).trim(),
    prepare: (work, root) => {
      fresh(work)
      execFileSync(ORCHIVE, [...home(work), 'workspace', 'add', root, '--name', 'bench'], { stdio: ['ignore', 'ignore', 'inherit'] })
    },
    run: {
      first: backup,
      'day later': backup,
      'nothing changed': backup,
      list: (work) => measure([ORCHIVE, ...home(work), 'ls', 'latest', '--recursive']),
      compare: (work) => measure([ORCHIVE, ...home(work), 'diff', OLDEST_OF_THREE, 'latest']),
      'restore one file': (work) => measure([ORCHIVE, ...home(work), 'restore', 'latest', ONE_FILE, '--target', fresh(join(work, 'one'))]),
      'restore all': (work) => measure([ORCHIVE, ...home(work), 'restore', 'latest', '--target', fresh(join(work, 'all'))]),
      'verify all': (work) => measure([ORCHIVE, ...home(work), 'verify', '--all', '--level', 'bytes']),
      'forget and prune': (work) => {
        const [command, ...args] = [ORCHIVE, ...home(work), 'archives', '--json']
        const listed = JSON.parse(execFileSync(command!, args, { encoding: 'utf8' })) as { id: string }[]
        const older = listed.slice(1).map(({ id }) => id)
        return oneAfterAnother(
          () => measure([ORCHIVE, ...home(work), 'forget', ...older, '--reason', 'bench']),
          () => measure([ORCHIVE, ...home(work), 'prune', '--grace', '0']),
        )
      },
    },
    backUp: backup,
    storedBytes: (work) => folderBytes(join(work, 'home/repository')),
  }
}

function restic(): Contestant {
  const env = { RESTIC_PASSWORD: 'bench', RESTIC_PROGRESS_FPS: '0' }
  const at = (work: string) => ['restic', '-q', '--no-cache', '-r', join(work, 'repo')]
  const backup = (work: string, root: string) => measure([...at(work), 'backup', root], { env })
  const firstAndLast = (work: string) => {
    const [command, ...args] = [...at(work), 'snapshots', '--json']
    const listed = JSON.parse(execFileSync(command!, args, { env: { ...process.env, ...env }, encoding: 'utf8' })) as { id: string }[]
    return [listed[0]!.id, listed.at(-1)!.id]
  }
  return {
    name: 'restic',
    version: execFileSync('restic', ['version'], { encoding: 'utf8' }).split(' ')[1] ?? '',
    prepare: (work) => {
      fresh(work)
      execFileSync('restic', ['-q', '-r', join(work, 'repo'), 'init'], { env: { ...process.env, ...env }, stdio: 'ignore' })
    },
    run: {
      first: backup,
      'day later': backup,
      'nothing changed': backup,
      list: (work) => measure([...at(work), 'ls', 'latest'], { env }),
      compare: (work) => measure([...at(work), 'diff', ...firstAndLast(work)], { env }),
      'restore one file': (work, root) =>
        measure([...at(work), 'restore', 'latest', '--target', fresh(join(work, 'one')), '--include', join(root, ONE_FILE)], { env }),
      'restore all': (work) => measure([...at(work), 'restore', 'latest', '--target', fresh(join(work, 'all'))], { env }),
      'verify all': (work) => measure([...at(work), 'check', '--read-data'], { env }),
      'forget and prune': (work) => measure([...at(work), 'forget', '--keep-last', '1', '--prune'], { env }),
    },
    backUp: backup,
    storedBytes: (work) => folderBytes(join(work, 'repo')),
  }
}

function borg(): Contestant {
  const env = { BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes', BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes', BORG_BASE_DIR: '/tmp' }
  let number = 0
  const backup = (work: string, root: string) =>
    measure(['borg', 'create', '--compression', 'zstd,3', `${join(work, 'repo')}::a${++number}`, '.'], {
      env: { ...env, BORG_BASE_DIR: work },
      cwd: root,
    })
  const within = (work: string) => ({ ...env, BORG_BASE_DIR: work })
  return {
    name: 'borg',
    version: execFileSync('borg', ['--version'], { encoding: 'utf8' }).trim().split(' ')[1] ?? '',
    prepare: (work) => {
      fresh(work)
      number = 0
      execFileSync('borg', ['init', '-e', 'none', join(work, 'repo')], { env: { ...process.env, ...within(work) }, stdio: 'ignore' })
    },
    run: {
      first: backup,
      'day later': backup,
      'nothing changed': backup,
      list: (work) => measure(['borg', 'list', `${join(work, 'repo')}::a${number}`], { env: within(work) }),
      compare: (work) => measure(['borg', 'diff', `${join(work, 'repo')}::a1`, `a${number}`], { env: within(work) }),
      'restore one file': (work) =>
        measure(['borg', 'extract', `${join(work, 'repo')}::a${number}`, ONE_FILE], { env: within(work), cwd: fresh(join(work, 'one')) }),
      'restore all': (work) =>
        measure(['borg', 'extract', `${join(work, 'repo')}::a${number}`], { env: within(work), cwd: fresh(join(work, 'all')) }),
      'verify all': (work) => measure(['borg', 'check', '--verify-data', join(work, 'repo')], { env: within(work) }),
      'forget and prune': (work) =>
        oneAfterAnother(
          () => measure(['borg', 'prune', '--keep-last', '1', join(work, 'repo')], { env: within(work) }),
          () => measure(['borg', 'compact', join(work, 'repo')], { env: within(work) }),
        ),
    },
    backUp: backup,
    storedBytes: (work) => folderBytes(join(work, 'repo')),
  }
}

function tarZstd(): Contestant {
  let number = 0
  const backup = (work: string, root: string) =>
    measure([`tar -cf - -C '${root}' . | zstd -q -3 -T0 -o '${join(work, `a${++number}.tar.zst`)}'`], { shell: true })
  return {
    name: 'tar|zstd',
    version: execFileSync('tar', ['--version'], { encoding: 'utf8' }).split('\n')[0]!.split(' ').at(-1)!,
    prepare: (work) => {
      fresh(work)
      number = 0
    },
    run: {
      first: backup,
      'day later': backup,
      list: (work) => measure([`zstd -dqc '${join(work, `a${number}.tar.zst`)}' | tar -tf - > /dev/null`], { shell: true }),
      'restore one file': (work) =>
        measure([`zstd -dqc '${join(work, `a${number}.tar.zst`)}' | tar -xf - -C '${fresh(join(work, 'one'))}' './${ONE_FILE}'`], {
          shell: true,
        }),
      'restore all': (work) =>
        measure([`zstd -dqc '${join(work, `a${number}.tar.zst`)}' | tar -xf - -C '${fresh(join(work, 'all'))}'`], { shell: true }),
    },
    storedBytes: (work) => folderBytes(work),
  }
}

const installed = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

/** Orchive and every peer that this machine has. */
export function contestants(): Contestant[] {
  return [
    orchive(),
    ...(installed('restic') ? [restic()] : []),
    ...(installed('borg') ? [borg()] : []),
    ...(installed('zstd') && installed('tar') ? [tarZstd()] : []),
  ]
}

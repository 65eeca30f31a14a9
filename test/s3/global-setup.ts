/** Gives a test run a place for its object store, and takes the store away at the end if a test has booted it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CEPH_FOLDER } from './ceph-folder.ts'

const DOWN = join(dirname(fileURLToPath(import.meta.url)), 'down.sh')
/** Short, for the paths of sockets below it; in memory where there is room enough: containers often have 64 MB. */
const MEMORY = '/dev/shm'
const DISK = '/tmp'
const ENOUGH_BYTES = 3 * 1024 ** 3
const PREFIX = 'orchive-s3-'

/** Names the place of this process's store; what it gives takes the store away. */
export default function setup(): () => void {
  for (const parent of [MEMORY, DISK].filter((path) => existsSync(path))) {
    for (const name of readdirSync(parent)) {
      // A run that was killed has left its store.
      if (name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`)) takeAway(join(parent, name))
    }
  }
  const folder = join(hasRoom(MEMORY) ? MEMORY : DISK, `${PREFIX}${process.pid}`)
  process.env[CEPH_FOLDER] = folder
  return () => takeAway(folder)
}

function hasRoom(path: string): boolean {
  if (!existsSync(path)) return false
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize >= ENOUGH_BYTES
}

function takeAway(folder: string): void {
  if (existsSync(join(folder, 'ceph'))) execFileSync(DOWN, [join(folder, 'ceph'), '--wipe'], { stdio: 'inherit' })
  rmSync(folder, { recursive: true, force: true })
}

import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import type { Attack } from '../attack.ts'
import { type Blow, strike } from '../strike.ts'
import { siegeOf } from './kills.ts'

const DISK = '400m'
const CHUNK = Buffer.alloc(1024 * 1024)

/** The disk of home, repository and workspace goes bad in the middle of a verb, which has to end by itself; then it is well again. */
function attackOf(name: string, about: string, blowOf: (disk: string) => Blow): Attack {
  return {
    name,
    about,
    share: 2,
    impossibleBecause: () => (canMount() ? null : 'file systems cannot be mounted'),
    async open(folder) {
      const disk = join(folder, 'disk')
      const mounts = new Mounts()
      mounts.mountSmallDisk(disk, DISK)
      process.env['TMPDIR'] = disk
      const siege = siegeOf({ isQuick: true }, (home, random) => strike(home, blowOf(disk), random))
      return {
        round: siege.round,
        async close() {
          await siege.close()
          mounts.unmountAll()
        },
      }
    },
  }
}

export const fullDisks = attackOf(
  'full-disks',
  'the disk fills up in the middle of a verb: it ends by itself, and what holds after a kill holds',
  (disk) => ({
    done: 'out of space',
    alsoAfterwards: false,
    fall: async (_, exit) => {
      const filler = join(disk, 'filler')
      fill(filler)
      await exit
      rmSync(filler)
    },
  }),
)

export const readOnlyDisks = attackOf(
  'read-only-disks',
  'the disk becomes read-only in the middle of a verb: it ends by itself, and what holds after a kill holds',
  (disk) => ({
    done: 'read-only',
    alsoAfterwards: false,
    fall: async (_, exit) => {
      // Refused while files are open for writing: tried until none is, or the verb is through.
      let isThrough = false
      const ended = exit.then(() => (isThrough = true))
      while (!isThrough && !remount(disk, 'ro')) await Promise.race([ended, new Promise(setImmediate)])
      await exit
      remount(disk, 'rw')
    },
  }),
)

function fill(path: string): void {
  const fd = openSync(path, 'wx')
  try {
    for (let bytes = CHUNK; bytes.length > 0; ) {
      try {
        writeSync(fd, bytes)
      } catch {
        bytes = bytes.subarray(0, bytes.length >> 1)
      }
    }
  } finally {
    closeSync(fd)
  }
}

function remount(disk: string, as: 'ro' | 'rw'): boolean {
  try {
    execFileSync('mount', ['-o', `remount,${as}`, disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

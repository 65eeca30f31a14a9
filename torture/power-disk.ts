import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The disk of the disk: what is said to it to be durable need not be more than that. */
const MEMORY = '/dev/shm'
const IMAGE_BYTES = 512 * 1024 * 1024

/**
 * Ends a file system as a power cut does: nothing of its memory is written from then on, not even its log (EXT4_IOC_SHUTDOWN with
 * EXT4_GOING_FLAGS_NOLOGFLUSH, fs/ext4/ext4.h of Linux). Node has no ioctl.
 */
const SHUT_DOWN = 'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))'

/** A real ext4 in a file, whose power can be cut. Needs root, loop devices, mkfs.ext4 and python3. */
export class PowerDisk {
  readonly path: string
  private readonly image: string

  constructor(folder: string) {
    this.path = join(folder, 'disk')
    this.image = join(mkdtempSync(join(MEMORY, 'orchive-disk-')), 'disk.img')
    mkdirSync(this.path)
    const fd = openSync(this.image, 'wx')
    ftruncateSync(fd, IMAGE_BYTES)
    closeSync(fd)
    run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', this.image)
    this.mount()
  }

  /** Makes all that was written so far durable. */
  sync(): void {
    run('sync', '-f', this.path)
  }

  /** From now on nothing reaches the disk; whoever uses it gets errors. */
  cut(): void {
    run('python3', '-c', SHUT_DOWN, this.path)
  }

  /** The machine starts again: what the log holds is done, all else is lost. Nobody may have a file open. */
  restart(): void {
    run('umount', this.path)
    this.mount()
  }

  remove(): void {
    run('umount', this.path)
    rmSync(dirname(this.image), { recursive: true })
  }

  private mount(): void {
    // The shortest time between commits would make more durable than has to be; this is the usual one.
    run('mount', '-o', 'loop,commit=5', this.image, this.path)
  }
}

/** Why there can be none here; null when there can. */
export function noPowerDiskBecause(): string | null {
  if (process.geteuid?.() !== 0) return 'only root may mount file systems'
  for (const program of ['mkfs.ext4', 'losetup', 'python3'])
    try {
      run('sh', '-c', `command -v ${program}`)
    } catch {
      return `${program} is not installed`
    }
  try {
    run('losetup', '-f')
    return null
  } catch {
    return 'there are no loop devices'
  }
}

function run(program: string, ...argv: string[]): void {
  execFileSync(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
}

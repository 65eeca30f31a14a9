/**
 * Opening what a backup reads: never through a link, never waiting for the other end of a FIFO, and never in a folder that was swapped for a symlink
 * since the walk saw it.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs'
import { folderOfRaw, fsPath, nameOfRaw, type RawPath, rawOfBytes } from '../raw-path.ts'

/** Linux's O_PATH: a handle on a folder that needs no right to list it. node:fs has no name for it. */
const O_PATH = 0o10000000
const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH
const FILE_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Without the detour over the link `self`, which is followed anew for each file. */
const OPEN_FILES = `/proc/${process.pid}/fd`

/** Opens a file by its path; whether it lies there is for `isStillAt` to say. */
export function openByPath(path: RawPath): number {
  return openSync(fsPath(path), FILE_FLAGS)
}

/** False when a folder above was swapped for a symlink since the walk, so that this is some other file, or the file was replaced. True where the system does not tell. */
export function isStillAt(fd: number, path: RawPath): boolean {
  const at = placeOf(fd)
  return at === null || at === path
}

/** Where an open file or folder lies; null where the system does not tell. */
function placeOf(fd: number): RawPath | null {
  try {
    return rawOfBytes(readlinkSync(`${OPEN_FILES}/${fd}`, { encoding: 'buffer' }))
  } catch {
    return null
  }
}

/**
 * The folder that files are being read from, held open: where it lies is asked once, and its files are opened within it, whatever becomes of the way to it
 * meanwhile. Asking each file where it lies took a twelfth of a reader's time (docs/adr/0175).
 */
export class FolderInHand {
  private path: RawPath | null = null
  private fd: number | null = null
  private isPlaceTold = true

  /** A descriptor of the file; null when its folder does not lie at its path any more. Throws what opening it throws. */
  open(path: RawPath): number | null {
    const folder = folderOfRaw(path)
    if (folder !== this.path) this.take(folder)
    if (this.fd !== null) return openSync(fsPath(`${OPEN_FILES}/${this.fd}/${nameOfRaw(path)}`), FILE_FLAGS)
    return this.isPlaceTold ? null : openByPath(path)
  }

  /** Lets go of the folder. Until then a folder that was moved away is still read from. */
  release(): void {
    if (this.fd !== null) closeSync(this.fd)
    this.fd = null
    this.path = null
  }

  private take(folder: RawPath): void {
    this.release()
    const path = folder === '' ? '/' : folder
    const fd = openSync(fsPath(path), FOLDER_FLAGS)
    const place = placeOf(fd)
    this.isPlaceTold = place !== null
    if (place !== path) return closeSync(fd)
    this.fd = fd
    this.path = folder
  }
}

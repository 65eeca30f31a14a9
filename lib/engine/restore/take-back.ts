/**
 * Takes the steps of a swap back, from the last to the first. What a step had done is read from the disk itself: what moves in is still at its
 * source or it is not, what was replaced is kept or it is not. So it can be cut short anywhere and run again, by another process, after a
 * reboot. Whatever somebody put in the way meanwhile is moved to `displaced/` in the working folder, never removed.
 */
import { chmodSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf, isAppError } from '#lib/base/errors.ts'
import { mtimesEqual } from '../entry.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import { fsPathAt, liveStat, OpenFolders, statAt } from './open-folders.ts'
import type { LiveStat } from './restore-types.ts'
import { setFolderAttributes, setLinkAttributes } from './set-attributes.ts'
import { quarantineRel } from './staging-areas.ts'
import { isQuarantined, type Step } from './step-log.ts'
import type { SwapGround } from './swap.ts'
import { isAsPlanned, linkOrMove, moveWhole, setInodeAttributes } from './swap-moves.ts'
import { syncSteps } from './sync-steps.ts'

/** What taking back found. */
export interface PutBack {
  /** True when a working folder holds something that nobody else has. */
  isKept: boolean
  /** What had to be moved or left, as sentences. */
  notes: string[]
}

type FsPath = string | Buffer
const MOST_NOTES = 20

/** One pass back over the steps. */
export class TakeBack {
  private readonly ground: SwapGround
  private readonly folders: OpenFolders[]
  private readonly setOwners = process.geteuid?.() === 0
  private readonly notes: string[] = []
  private isKept = false

  constructor(ground: SwapGround) {
    this.ground = ground
    this.folders = ground.bases.map((base) => new OpenFolders(base))
  }

  /** Takes back the first `begun` steps, all of them if left out; durable when this returns. */
  run(begun: number = this.ground.steps.count, onStep: () => void = () => {}): PutBack {
    let at = this.ground.steps.count
    for (const step of this.ground.steps.readBackwards()) {
      if (at-- > begun) continue
      this.undo(step)
      onStep()
    }
    syncSteps(this.ground)
    return { isKept: this.isKept, notes: this.notes }
  }

  close(): void {
    for (const open of this.folders) open.close()
  }

  private undo(step: Step): void {
    const open = this.folders[step.base]!
    const kept = isQuarantined(step) ? this.inArea(step, 'quarantine') : null
    const isKept = kept !== null && liveStat(kept) !== null
    // With nothing kept there is nothing to bring back to a folder that is gone.
    const folderFd = isKept ? open.make(folderOfRaw(step.rel), 0o755) : folderIfReal(open, folderOfRaw(step.rel))
    if (folderFd === null) return
    const name = nameOfRaw(step.rel)
    const place = { step, folderFd, name, target: fsPathAt(folderFd, name) }
    switch (step.do) {
      case 'attributes':
        return this.undoAttributes(place)
      case 'folder':
        if (step.live?.type === 'dir') return this.undoFolderAttributes(place)
        if (!step.isMadeBefore) this.removeMade(place, isKept)
        break
      case 'place':
        this.giveBackPlaced(place, isKept ? liveStat(kept!) : null)
        break
    }
    if (isKept) this.bringBack(place, kept!)
    this.lockAgain(place)
    open.forget(step.rel)
  }

  private undoAttributes({ step, folderFd, name }: Place): void {
    const now = statAt(folderFd, name)
    if (now === null || now.ino !== step.live!.ino) return
    // Somebody wrote it since: its time is that of the new content.
    if (!mtimesEqual(now.mtimeNs, step.attributes!.mtimeNs) && !mtimesEqual(now.mtimeNs, step.live!.mtimeNs)) return
    if (step.type === 'symlink') setLinkAttributes(folderFd, name, step.live!, this.setOwners)
    else setInodeAttributes(folderFd, name, step.live!.ino, step.live!, this.setOwners)
  }

  private undoFolderAttributes({ step }: Place): void {
    const fd = this.folders[step.base]!.folder(step.rel)
    if (fd !== null) setFolderAttributes(fd, step.live!, this.setOwners)
  }

  /** A folder that was made goes when it is empty; what somebody put there stays with it. */
  private removeMade(place: Place, isNeeded: boolean): void {
    if (liveStat(place.target)?.type !== 'dir') return
    this.folders[place.step.base]!.forget(place.step.rel)
    try {
      unlocked(place.folderFd, () => rmdirSync(place.target))
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
      if (isNeeded) this.displace(place)
      else this.note(`${this.shown(place.step)} holds something that was put there since, and stays.`)
    }
  }

  /** What was moved in goes back to where it came from, so that taking the step again is possible. */
  private giveBackPlaced(place: Place, kept: LiveStat | null): void {
    const { step, target, folderFd } = place
    const now = liveStat(target)
    if (now === null || isStillOld(step, now, kept)) return
    const source = this.placeAtSource(step)
    // There is none any more where somebody has begun to clear the working folder away.
    if (source === null) return this.displace(place)
    const atSource = liveStat(source)
    if (atSource !== null) {
      // Linked in, and not unlinked at its source yet.
      if (isSameInode(atSource, now) && kept === null) unlocked(folderFd, () => unlinkSync(target))
      return
    }
    if (!isAsPlaced(step, now)) return this.displace(place)
    if (kept !== null && isPlain(kept) && isPlain(now)) linkOrMove(target, source)
    else unlocked(folderFd, () => moveWhole(target, source))
  }

  /** Null when the whole source is gone. */
  private placeAtSource(step: Step): FsPath | null {
    const { source } = this.ground.areas[step.area]!
    if (source.folder('') === null) return null
    return fsPathAt(source.make(folderOfRaw(step.staged!)), nameOfRaw(step.staged!))
  }

  private bringBack(place: Place, kept: FsPath): void {
    const { target, step } = place
    const old = liveStat(kept)!
    const now = liveStat(target)
    // It was linked aside, and nothing had taken its place.
    if (now !== null && isSameInode(now, old)) return unlinkSync(kept)
    // What moved in is still at its source as well; a rename takes a file's place, but not that of a file by a folder.
    if (now !== null && this.isElsewhere(step, now)) {
      if (!isPlain(old)) unlocked(place.folderFd, () => unlinkSync(target))
    } else if (now !== null) this.displace(place)
    unlocked(place.folderFd, () => moveWhole(kept, target))
  }

  /** A folder that was made movable, and was cut short in that moment, gets its mode again. */
  private lockAgain({ step, target }: Place): void {
    if (step.live?.type !== 'dir' || (step.live.mode & 0o300) === 0o300) return
    const now = liveStat(target)
    if (now?.type === 'dir' && now.ino === step.live.ino && now.mode !== step.live.mode) chmodSync(target, step.live.mode)
  }

  /** True when what lies at the target has another name at its source. */
  private isElsewhere(step: Step, now: LiveStat): boolean {
    const source = step.do === 'place' ? this.inArea(step, 'source') : null
    const atSource = source === null ? null : liveStat(source)
    return atSource !== null && isSameInode(atSource, now)
  }

  private displace({ step, target, folderFd }: Place): void {
    const area = this.ground.areas[step.area]!
    const rel = quarantineRel(area, this.absolute(step))
    const open = new OpenFolders(area.path)
    try {
      const aside = fsPathAt(open.make(joinRaw('displaced', folderOfRaw(rel)).replace(/\/$/, '')), nameOfRaw(rel))
      unlocked(folderFd, () => moveWhole(target, aside))
    } finally {
      open.close()
    }
    this.isKept = true
    const at = textOfRaw(joinRaw(area.path, joinRaw('displaced', rel)))
    this.note(`${this.shown(step)} had been changed since; that version lies in ${at}.`)
  }

  /** Null when the folder that holds it is not there. */
  private inArea(step: Step, where: 'quarantine' | 'source'): FsPath | null {
    const area = this.ground.areas[step.area]!
    const rel = where === 'quarantine' ? quarantineRel(area, this.absolute(step)) : step.staged!
    const fd = area[where].folder(folderOfRaw(rel))
    return fd === null ? null : fsPathAt(fd, nameOfRaw(rel))
  }

  private note(text: string): void {
    if (this.notes.length < MOST_NOTES) this.notes.push(text)
  }

  private absolute(step: Step): RawPath {
    return joinRaw(this.ground.bases[step.base]!, step.rel)
  }

  private shown(step: Step): string {
    return textOfRaw(this.absolute(step))
  }
}

interface Place {
  step: Step
  folderFd: number
  name: RawPath
  target: FsPath
}

/** Whether what was moved in is still as it was then. */
export function isAsPlaced(step: Step, now: LiveStat): boolean {
  const type = step.type === 'hardlink' ? 'file' : step.type
  if (now.type !== type) return false
  if (type === 'dir' || step.attributes === null) return true
  const isSized = step.type !== 'file' || now.sizeBytes === step.sizeBytes
  return isSized && mtimesEqual(now.mtimeNs, step.attributes.mtimeNs)
}

/** Null also where a folder is none: the step that would have made it one was not taken, or was taken back before. */
function folderIfReal(open: OpenFolders, path: RawPath): number | null {
  try {
    return open.folder(path)
  } catch (error) {
    if (isAppError(error) && error.code === 'path_unsafe') return null
    throw error
  }
}

/** Nothing moved in yet, whatever became of its source: what lies there is what was kept, or what was planned for. */
function isStillOld(step: Step, now: LiveStat, kept: LiveStat | null): boolean {
  return kept === null ? step.live !== null && isAsPlanned(step.live, now) : isSameInode(now, kept)
}

const isPlain = (stat: LiveStat) => stat.type === 'file' || stat.type === 'symlink'
const isSameInode = (a: LiveStat, b: LiveStat) => a.ino === b.ino && a.dev === b.dev

/** A folder may have got its final mode, which keeps all but root from changing it; its own step sets that again. */
function unlocked(folderFd: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    chmodSync(fsPath(`/proc/self/fd/${folderFd}/.`), 0o700)
    work()
  }
}

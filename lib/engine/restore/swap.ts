/**
 * The swap: staged content becomes live. Invariants:
 * 1. Before the first step every planned path is looked at again; if one is not as planned, nothing is touched (`plan_stale`).
 * 2. A file that is replaced is never absent: link(live → quarantine), then rename(staged → live).
 * 3. A step that fails takes back all steps before it, so the live side is old or new. It runs without a pause: no signal gets between.
 */
import { mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { AppError, type ErrorCode, errnoOf, isAppError } from '#lib/base/errors.ts'
import { folderOfRaw, joinRaw, nameOfRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import type { Destinations } from './destinations.ts'
import { fsPathAt, OpenFolders, statAt } from './open-folders.ts'
import { setFolderAttributes, setLinkAttributes } from './set-attributes.ts'
import { quarantineRel, type StagingArea } from './staging-areas.ts'
import type { Step, StepLog } from './step-log.ts'
import { isAsPlanned, keepAside, moveIntoGap, setInodeAttributes, staleError, syncFolder, unlinkIfThere } from './swap-moves.ts'

/** What one step did, so that it can be taken back. */
interface Done {
  step: Step
  quarantined: boolean
  placed: boolean
}

/** Carries out the steps of one restore, all or none. */
export class Swap {
  private readonly destinations: Destinations
  private readonly areas: readonly StagingArea[]
  private readonly steps: StepLog
  private readonly folders: OpenFolders[]
  private readonly setOwners = process.geteuid?.() === 0
  /** Folders whose attributes are set once all below them is done, outermost first. */
  private readonly way: Step[] = []
  /** Folders made on the way to an item that lies in them, by absolute path. A later step may find one of them where it planned to make it. */
  private readonly madeParents = new Map<RawPath, { base: number; rel: RawPath }>()

  constructor(destinations: Destinations, areas: readonly StagingArea[], steps: StepLog) {
    this.destinations = destinations
    this.areas = areas
    this.steps = steps
    this.folders = destinations.bases.map((base) => new OpenFolders(base.path))
  }

  /** Throws `plan_stale` when a planned path is not as it was planned, `path_unsafe` when a folder became a symlink. */
  check(): void {
    let replaced: Step | null = null
    for (const step of this.steps.read()) {
      // Below what a folder will take the place of there is nothing to look at yet.
      if (replaced !== null && step.base === replaced.base && step.rel.startsWith(`${replaced.rel}/`)) continue
      const folderFd = this.folders[step.base]!.folder(folderOfRaw(step.rel))
      const now = folderFd === null ? null : statAt(folderFd, nameOfRaw(step.rel))
      if (!isAsPlanned(step.live, now)) throw staleError(this.absolute(step))
      replaced = step.do === 'folder' && step.live !== null && step.live.type !== 'dir' ? step : null
    }
  }

  /** Takes all steps; on an error takes them back and throws it. */
  run(onStep: (step: Step) => void): void {
    let taken = 0
    let current: Done | null = null
    try {
      for (const step of this.steps.read()) {
        this.leaveUntil(step)
        current = { step, quarantined: false, placed: false }
        this.take(current)
        current = null
        taken++
        onStep(step)
      }
      this.leaveUntil(null)
      this.syncFolders()
    } catch (error) {
      this.takeBack(taken, current, error)
      throw putBackError(error, current ? textOfRaw(this.absolute(current.step)) : null)
    }
  }

  close(): void {
    for (const open of this.folders) open.close()
  }

  private take(done: Done): void {
    const { step } = done
    const folderFd = this.parentOf(step)
    const name = nameOfRaw(step.rel)
    const target = fsPathAt(folderFd, name)
    const live = statAt(folderFd, name)
    const isOurs = step.do === 'folder' && live?.type === 'dir' && this.madeParents.has(this.absolute(step))
    if (!isOurs && !isAsPlanned(step.live, live)) throw staleError(this.absolute(step))
    switch (step.do) {
      case 'folder':
        if (live?.type !== 'dir') {
          if (live !== null) this.moveAway(done, target)
          mkdirSync(target, 0o700)
          done.placed = true
        }
        this.way.push(step)
        return
      case 'place': {
        const staged = fsPathAt(this.areas[step.area]!.stagedFd, step.staged!)
        if (live?.type === 'file' || live?.type === 'symlink') {
          keepAside(target, this.quarantinePlace(step))
          done.quarantined = true
          renameSync(staged, target)
        } else {
          if (live !== null) this.moveAway(done, target)
          moveIntoGap(staged, target)
        }
        done.placed = true
        return
      }
      case 'attributes':
        done.placed = true
        this.setAttributes(step, folderFd, step.attributes!)
        return
      case 'quarantine':
        this.moveAway(done, target)
        return
    }
  }

  private moveAway(done: Done, target: string | Buffer): void {
    renameSync(target, this.quarantinePlace(done.step))
    done.quarantined = true
    this.folders[done.step.base]!.forget(done.step.rel)
  }

  private setAttributes(step: Step, folderFd: number, to: NonNullable<Step['attributes']>): void {
    const name = nameOfRaw(step.rel)
    if (step.type === 'symlink') setLinkAttributes(folderFd, name, to, this.setOwners)
    else setInodeAttributes(folderFd, name, step.live!.ino, to, this.setOwners)
  }

  private leaveUntil(next: Step | null): void {
    for (let top = this.way.at(-1); top; top = this.way.at(-1)) {
      if (next !== null && next.base === top.base && next.rel.startsWith(`${top.rel}/`)) return
      this.way.pop()
      const fd = this.folders[top.base]!.folder(top.rel)
      if (fd !== null) setFolderAttributes(fd, top.attributes!, this.setOwners)
    }
  }

  /** Folders of the config's path that no archive entry describes are made as they are needed. */
  private parentOf(step: Step): number {
    const onMade = (rel: RawPath) => this.madeParents.set(joinRaw(this.destinations.bases[step.base]!.path, rel), { base: step.base, rel })
    return this.folders[step.base]!.make(folderOfRaw(step.rel), 0o755, onMade)
  }

  private quarantinePlace(step: Step): string | Buffer {
    const area = this.areas[step.area]!
    const rel = quarantineRel(area, this.absolute(step))
    return fsPathAt(area.quarantine.make(folderOfRaw(rel)), nameOfRaw(rel))
  }

  /** Renames are durable once their folders are. */
  private syncFolders(): void {
    let last: RawPath | null = null
    for (const step of this.steps.read()) {
      const folder = folderOfRaw(this.absolute(step))
      const isUntouched = step.do === 'attributes' || (step.do === 'folder' && step.live?.type === 'dir')
      if (isUntouched || folder === last) continue
      last = folder
      syncFolder(folder === '' ? '/' : folder)
    }
  }

  private takeBack(taken: number, current: Done | null, why: unknown): void {
    const steps: Step[] = []
    for (const step of this.steps.read()) {
      if (steps.length === taken) break
      steps.push(step)
    }
    try {
      if (current) this.undo(current)
      for (const step of steps.reverse()) this.undo(completed(step))
      for (const { base, rel } of [...this.madeParents.values()].reverse()) {
        this.folders[base]!.forget(rel)
        rmdirSync(fsPathAt(this.folders[base]!.folder(folderOfRaw(rel))!, nameOfRaw(rel)))
      }
    } catch (error) {
      throw notPutBackError(why, error, this.areas)
    }
  }

  private undo(done: Done): void {
    const { step } = done
    const open = this.folders[step.base]!
    const folderFd = open.folder(folderOfRaw(step.rel))
    if (folderFd === null) return
    const name = nameOfRaw(step.rel)
    const target = fsPathAt(folderFd, name)
    // One that was made on the way to an inner item still holds that; it goes last.
    if (done.placed && step.do === 'folder' && !this.madeParents.has(this.absolute(step))) rmdirSync(target)
    if (done.placed && step.do === 'attributes') this.setAttributes(step, folderFd, step.live!)
    // A rename replaces a file in one go, but neither a folder by a file nor nothing by nothing.
    const isReplacedByRename = step.live?.type === 'file' || step.live?.type === 'symlink'
    if (done.placed && step.do === 'place' && !isReplacedByRename) unlinkSync(target)
    if (done.quarantined) {
      const kept = this.quarantinePlace(step)
      renameSync(kept, target)
      // Renaming one name of an inode to another of its names does nothing (rename(2)).
      if (isReplacedByRename) unlinkIfThere(kept)
    }
    open.forget(step.rel)
    if (step.do !== 'folder' || step.live?.type !== 'dir') return
    const fd = open.folder(step.rel)
    if (fd !== null) setFolderAttributes(fd, step.live, this.setOwners)
  }

  private absolute(step: Step): RawPath {
    return joinRaw(this.destinations.bases[step.base]!.path, step.rel)
  }
}

/** Whether a step that was taken whole put something aside. */
export function isQuarantined(step: Step): boolean {
  return step.live !== null && step.do !== 'attributes' && !(step.do === 'folder' && step.live.type === 'dir')
}

function completed(step: Step): Done {
  const placed = step.do === 'folder' ? step.live?.type !== 'dir' : step.do !== 'quarantine'
  return { step, quarantined: isQuarantined(step), placed }
}

function putBackError(why: unknown, path: string | null): AppError {
  const errno = errnoOf(why)
  const known = isAppError(why) ? why : null
  const reason =
    known?.message ?? `${path ?? 'A folder'} could not be swapped in (${errno ?? (why instanceof Error ? why.message : String(why))}).`
  return new AppError(known?.code ?? codeOf(errno), {
    message: `${reason} Everything was put back as it was.`,
    hint: known?.hint ?? 'Look at the cause, then restore again.',
    context: { ...known?.context, ...(path === null ? {} : { path }) },
    cause: why,
  })
}

function codeOf(errno: string | null): ErrorCode {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return 'target_full'
  return errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS' || errno === 'EBUSY' ? 'target_unusable' : 'io_failed'
}

function notPutBackError(why: unknown, error: unknown, areas: readonly StagingArea[]): AppError {
  const said = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown))
  const kept = areas.map((area) => textOfRaw(joinRaw(area.path, 'quarantine')))
  return new AppError('io_failed', {
    message: `The restore failed (${said(why)}) and could not be taken back whole: ${said(error)}.`,
    hint: `What was replaced is safe in ${kept.join(' and ')}; move it back by hand, or restore the safety archive.`,
    context: { quarantinePaths: kept, isMixed: true },
    cause: why,
  })
}

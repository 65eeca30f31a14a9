/**
 * The swap: what was prepared becomes live. Invariants:
 * 1. Before the first step every planned path is looked at again; if one is not as planned, nothing is touched (`plan_stale`).
 * 2. A file that is replaced is never absent: link(live → quarantine), then rename(staged → live).
 * 3. A step that fails takes back all steps before it, so the live side is old or new. It runs without a pause: no signal gets between.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { AppError, type ErrorCode, errnoOf, isAppError } from '#lib/base/errors.ts'
import { folderOfRaw, joinRaw, nameOfRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import { LiveHashes } from './live-hashes.ts'
import { fsPathAt, OpenFolders, statAt } from './open-folders.ts'
import type { LiveStat } from './restore-types.ts'
import { setFolderAttributes, setLinkAttributes } from './set-attributes.ts'
import { quarantineRel, type StagingArea } from './staging-areas.ts'
import type { Step, StepLog } from './step-log.ts'
import { isAsPlanned, keepAside, moveIntoGap, moveWhole, setInodeAttributes, staleError } from './swap-moves.ts'
import { syncSteps } from './sync-steps.ts'
import { type PutBack, TakeBack } from './take-back.ts'

/** What steps are about: trusted folders, working folders, and the steps themselves. */
export interface SwapGround {
  bases: readonly RawPath[]
  areas: readonly StagingArea[]
  steps: StepLog
}

/** Changed paths that a look names; more are counted. */
const NAMED_CHANGES = 20

/** Carries out the steps of one restore or undo, all or none. */
export class Swap {
  private readonly ground: SwapGround
  private readonly folders: OpenFolders[]
  private readonly setOwners = process.geteuid?.() === 0
  /** Folders whose attributes are set once all below them is done, outermost first. */
  private readonly way: Step[] = []

  constructor(ground: SwapGround) {
    this.ground = ground
    this.folders = ground.bases.map((base) => new OpenFolders(base))
  }

  /** Planned paths that are not as they were planned, in text form; throws `path_unsafe` when a folder became a symlink. */
  changes(): { first: string[]; count: number } {
    const first: string[] = []
    const hashes = new LiveHashes()
    let count = 0
    let replaced: Step | null = null
    for (const step of this.ground.steps.read()) {
      // Below what a folder will take the place of there is nothing to look at yet.
      if (replaced !== null && step.base === replaced.base && step.rel.startsWith(`${replaced.rel}/`)) continue
      const folderFd = this.folders[step.base]!.folder(folderOfRaw(step.rel))
      const now = folderFd === null ? null : statAt(folderFd, nameOfRaw(step.rel))
      const path = this.absolute(step)
      const isSame =
        isAsPlanned(step.live, now) &&
        isSameContent(step, now, () => hashes.hash({ folderFd: folderFd!, name: nameOfRaw(step.rel), path }, now!))
      if (!isSame && count++ < NAMED_CHANGES) first.push(textOfRaw(path))
      replaced = step.do !== 'attributes' && step.live !== null && step.type === 'dir' && step.live.type !== 'dir' ? step : null
    }
    return { first, count }
  }

  /** Takes all steps; on an error takes them back and throws it. */
  run(onStep: (step: Step) => void): void {
    let current: Step | null = null
    let taken = 0
    try {
      for (const step of this.ground.steps.read()) {
        this.leaveUntil(step)
        current = step
        this.take(step)
        current = null
        taken++
        onStep(step)
      }
      this.leaveUntil(null)
      syncSteps(this.ground)
    } catch (error) {
      const putBack = this.takeBack(taken + (current ? 1 : 0), error)
      throw putBackError(error, current ? textOfRaw(this.absolute(current)) : null, putBack)
    }
  }

  close(): void {
    for (const open of this.folders) open.close()
  }

  private take(step: Step): void {
    const folderFd = this.parentOf(step)
    const name = nameOfRaw(step.rel)
    const target = fsPathAt(folderFd, name)
    const live = statAt(folderFd, name)
    const isOurs = step.isMadeBefore && live?.type === 'dir'
    if (!isOurs && !isAsPlanned(step.live, live)) throw staleError(this.absolute(step))
    switch (step.do) {
      case 'folder':
        if (live?.type !== 'dir') {
          if (live !== null) this.moveAway(step, target)
          mkdirSync(target, step.attributes === null ? 0o755 : 0o700)
        }
        this.way.push(step)
        return
      case 'place': {
        const staged = this.sourceOf(step)
        const isFile = live?.type === 'file' || live?.type === 'symlink'
        if (isFile && step.type !== 'dir') {
          keepAside(target, this.quarantinePlace(step))
          renameSync(staged, target)
        } else {
          if (live !== null) this.moveAway(step, target)
          moveIntoGap(staged, target)
        }
        this.folders[step.base]!.forget(step.rel)
        return
      }
      case 'attributes':
        this.setAttributes(step, folderFd, step.attributes!)
        return
      case 'quarantine':
        this.moveAway(step, target)
        return
    }
  }

  private moveAway(step: Step, target: string | Buffer): void {
    moveWhole(target, this.quarantinePlace(step))
    this.folders[step.base]!.forget(step.rel)
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
      if (fd !== null && top.attributes !== null) setFolderAttributes(fd, top.attributes, this.setOwners)
    }
  }

  private parentOf(step: Step): number {
    const fd = this.folders[step.base]!.folder(folderOfRaw(step.rel))
    if (fd === null) throw staleError(folderOfRaw(this.absolute(step)))
    return fd
  }

  private sourceOf(step: Step): string | Buffer {
    const { source } = this.ground.areas[step.area]!
    const fd = source.folder(folderOfRaw(step.staged!))
    if (fd === null) throw staleError(joinRaw(source.base, step.staged!))
    return fsPathAt(fd, nameOfRaw(step.staged!))
  }

  private quarantinePlace(step: Step): string | Buffer {
    const area = this.ground.areas[step.area]!
    const rel = quarantineRel(area, this.absolute(step))
    return fsPathAt(area.quarantine.make(folderOfRaw(rel)), nameOfRaw(rel))
  }

  private takeBack(begun: number, why: unknown): PutBack {
    const back = new TakeBack(this.ground)
    try {
      return back.run(begun)
    } catch (error) {
      throw notPutBackError(why, error, this.ground.areas)
    } finally {
      back.close()
    }
  }

  private absolute(step: Step): RawPath {
    return joinRaw(this.ground.bases[step.base]!, step.rel)
  }
}

/** What was read when the swap was prepared is read again; of the rest, size and time tell. */
function isSameContent(step: Step, now: LiveStat | null, hash: () => string | null): boolean {
  return step.liveSha256 === null || now === null || hash() === step.liveSha256
}

/** An error after which everything is as it was; with what nevertheless had to be moved. */
export function putBackError(why: unknown, path: string | null, putBack: PutBack): AppError {
  const errno = errnoOf(why)
  const known = isAppError(why) ? why : null
  const reason =
    known?.message ?? `${path ?? 'A folder'} could not be swapped in (${errno ?? (why instanceof Error ? why.message : String(why))}).`
  return new AppError(known?.code ?? codeOf(errno), {
    message: `${reason} Everything was put back as it was.${putBack.notes.map((note) => ` ${note}`).join('')}`,
    hint: known?.hint ?? 'Look at the cause, then restore again.',
    context: { ...known?.context, ...(path === null ? {} : { path }), isPutBack: true, isKept: putBack.isKept },
    cause: why,
  })
}

function codeOf(errno: string | null): ErrorCode {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return 'target_full'
  return errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS' || errno === 'EBUSY' ? 'target_unusable' : 'io_failed'
}

/** What is said when the live side could be made neither old nor new by now. */
export function notPutBackError(why: unknown, error: unknown, areas: readonly StagingArea[]): AppError {
  const said = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/, '')
  const kept = areas.map((area) => textOfRaw(joinRaw(area.path, 'quarantine')))
  return new AppError('io_failed', {
    message: `The restore failed (${said(why)}) and could not be taken back whole: ${said(error)}.`,
    hint: `Clear the cause, then run \`orchive settle\`. What was replaced is safe in ${kept.join(' and ')}.`,
    context: { quarantinePaths: kept, isMixed: true },
    cause: why,
  })
}

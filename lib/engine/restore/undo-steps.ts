/**
 * The steps that take a change back, made from its own: what was replaced comes out of its quarantine, what was made or moved in goes into a new
 * one. While they are made, each path is compared with how the change left it.
 */
import { readdirSync } from 'node:fs'
import { AppError } from '#lib/base/errors.ts'
import { mtimesEqual } from '../entry.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfBytes, textOfRaw } from '../raw-path.ts'
import { isStaging } from './decide-extra.ts'
import type { Journal } from './journal.ts'
import { LiveHashes } from './live-hashes.ts'
import { OpenFolders, statAt } from './open-folders.ts'
import type { LiveStat } from './restore-types.ts'
import { quarantineRel, type StagingArea } from './staging-areas.ts'
import { type Step, StepLog } from './step-log.ts'
import type { SwapGround } from './swap.ts'
import { isAsPlaced } from './take-back.ts'

/** A path that is not as the change left it. */
export interface MovedOn {
  path: string
  what: 'changed' | 'gone' | 'there again' | 'added'
}

export interface UndoPlan {
  steps: StepLog
  /** The first paths that moved on since; `movedOnCount` says how many there are. */
  movedOn: MovedOn[]
  movedOnCount: number
  /** Paths that come out of quarantine, and paths that go into one. */
  broughtBack: number
  movedAway: number
}

const SHOWN = 1000

/** Writes the steps into the first of the new areas. `journal` is that of the change. Throws `undo_unknown` when something kept is gone. */
export function writeUndoSteps(
  change: SwapGround,
  areas: readonly StagingArea[],
  journal: Pick<Journal, 'items' | 'swappedAt' | 'at'>,
): UndoPlan {
  return new UndoSteps(change, areas, journal).write()
}

/** A folder that moves away whole: what lies in it is only compared. */
interface MovingFolder {
  base: number
  rel: RawPath
  seen: Set<RawPath>
  /** An item lies in it, so that steps in it may come after it was left. */
  mayComeAgain: boolean
}

class UndoSteps {
  private readonly change: SwapGround
  private readonly areas: readonly StagingArea[]
  private readonly swappedAtMs: number
  private readonly itemPaths: readonly string[]
  private readonly folders: OpenFolders[]
  private readonly hashes = new LiveHashes()
  private readonly steps: StepLog
  private readonly moving: MovingFolder[] = []
  private readonly left = new Map<string, MovingFolder>()
  private readonly made = new Set<string>()
  private readonly movedOn: MovedOn[] = []
  private movedOnCount = 0
  private broughtBack = 0
  private movedAway = 0

  constructor(change: SwapGround, areas: readonly StagingArea[], journal: Pick<Journal, 'items' | 'swappedAt' | 'at'>) {
    this.change = change
    this.areas = areas
    this.swappedAtMs = Date.parse(journal.swappedAt ?? journal.at)
    this.itemPaths = journal.items.map(({ targetPath }) => targetPath)
    this.folders = change.bases.map((base) => new OpenFolders(base))
    this.steps = StepLog.create(joinRaw(areas[0]!.path, 'steps.ndjson'))
  }

  write(): UndoPlan {
    try {
      for (const step of this.change.steps.read()) {
        this.leaveUntil(step)
        this.invert(step)
      }
      this.leaveUntil(null)
      for (const folder of this.left.values()) this.noteAdded(folder)
      this.steps.sync()
    } catch (error) {
      this.steps.close()
      throw error
    } finally {
      for (const open of this.folders) open.close()
    }
    const { steps, movedOn, movedOnCount, broughtBack, movedAway } = this
    return { steps, movedOn, movedOnCount, broughtBack, movedAway }
  }

  private invert(step: Step): void {
    if (step.isMadeBefore) return this.enterAgain(step)
    const isInside = this.moving.length > 0 || this.isInLeft(step)
    const above = this.left.get(keyOf(step.base, folderOfRaw(step.rel))) ?? this.moving.at(-1)
    above?.seen.add(nameOfRaw(step.rel))
    const now = this.stat(step)
    const wasMade = step.do === 'folder' && step.live?.type !== 'dir'
    switch (step.do) {
      case 'attributes':
        if (!this.isAsChanged(step, now)) this.note(step, now === null ? 'gone' : 'changed')
        else this.append({ ...step, live: now, attributes: step.live })
        return
      case 'quarantine':
        if (now !== null) this.note(step, 'there again')
        this.bringBack(step, now)
        return
      case 'folder':
        if (!wasMade) return this.invertKeptFolder(step, now)
        if (now?.type !== 'dir') this.note(step, now === null ? 'gone' : 'changed')
        break
      case 'place':
        if (now === null || !this.isAsMovedIn(step, now)) this.note(step, now === null ? 'gone' : 'changed')
        break
    }
    if (!isInside) {
      if (step.live !== null) this.bringBack(step, now)
      else if (now !== null) this.moveAway(step, now)
    }
    if (wasMade) this.moving.push({ base: step.base, rel: step.rel, seen: new Set(), mayComeAgain: this.holdsItem(step) })
  }

  /** A folder that was made on the way to an inner item, now as the item that it is: it moves away already. */
  private enterAgain({ base, rel }: Step): void {
    const key = keyOf(base, rel)
    const known = this.left.get(key)
    this.left.delete(key)
    this.moving.push({ base, rel, seen: known?.seen ?? new Set(), mayComeAgain: true })
  }

  /** Whether an item lies in a folder: its steps come on their own, before or after those of the folder. */
  private holdsItem(step: Step): boolean {
    const path = `${textOfRaw(joinRaw(this.change.bases[step.base]!, step.rel))}/`
    return this.itemPaths.some((item) => item.startsWith(path))
  }

  private isInLeft(step: Step): boolean {
    for (const { base, rel } of this.left.values()) if (step.base === base && step.rel.startsWith(`${rel}/`)) return true
    return false
  }

  /** A folder that was there before and stays: its attributes come back once all in it has. */
  private invertKeptFolder(step: Step, now: LiveStat | null): void {
    if (now?.type !== 'dir') this.note(step, now === null ? 'gone' : 'changed')
    this.made.add(keyOf(step.base, step.rel))
    this.append({ ...step, live: now, attributes: step.live })
  }

  private bringBack(step: Step, now: LiveStat | null): void {
    const area = this.change.areas[step.area]!
    const staged = quarantineRel(area, joinRaw(this.change.bases[step.base]!, step.rel))
    const fd = area.quarantine.folder(folderOfRaw(staged))
    const kept = fd === null ? null : statAt(fd, nameOfRaw(staged))
    if (kept === null) throw keptIsGone(joinRaw(area.quarantine.base, staged))
    this.addFoldersAbove(step)
    const { mode, uid, gid, mtimeNs, sizeBytes } = kept
    const moved = { staged, attributes: { mode, uid, gid, mtimeNs }, sizeBytes, sha256: null, liveSha256: null, isJson: false }
    this.append({ ...step, do: 'place', type: kept.type, live: now, ...moved })
    this.broughtBack++
    if (now !== null) this.movedAway++
  }

  private moveAway(step: Step, now: LiveStat): void {
    const nothing = { staged: null, attributes: null, sizeBytes: 0, sha256: null, liveSha256: null, isJson: false }
    this.append({ ...step, do: 'quarantine', type: now.type, live: now, ...nothing })
    this.movedAway++
  }

  /** Folders that vanished since are made again on the way to what comes back. */
  private addFoldersAbove(step: Step): void {
    const above = folderOfRaw(step.rel)
    if (above === '' || this.folders[step.base]!.folder(above) !== null) return
    const parts = above.split('/')
    for (let depth = 1; depth <= parts.length; depth++) {
      const rel = parts.slice(0, depth).join('/')
      const key = keyOf(step.base, rel)
      if (this.made.has(key) || this.folders[step.base]!.folder(rel) !== null) continue
      this.made.add(key)
      const nothing = { staged: null, live: null, attributes: null, sizeBytes: 0, sha256: null, liveSha256: null, isJson: false }
      this.append({ ...step, do: 'folder', type: 'dir', rel, ...nothing })
    }
  }

  private isAsMovedIn(step: Step, now: LiveStat): boolean {
    if (!isAsPlaced(step, now)) return false
    if (now.type !== 'symlink' && step.attributes !== null && (now.mode & 0o777) !== (step.attributes.mode & 0o777)) return false
    if (step.sha256 === null || Number(now.ctimeNs / 1_000_000n) <= this.swappedAtMs) return true
    return this.hash(step, now) === step.sha256
  }

  private isAsChanged(step: Step, now: LiveStat | null): boolean {
    const { live, attributes } = step
    if (now === null || now.ino !== live!.ino || now.type !== live!.type || now.sizeBytes !== live!.sizeBytes) return false
    return mtimesEqual(now.mtimeNs, attributes!.mtimeNs)
  }

  private hash(step: Step, now: LiveStat): string | null {
    const folderFd = this.folders[step.base]!.folder(folderOfRaw(step.rel))!
    return this.hashes.hash({ folderFd, name: nameOfRaw(step.rel), path: joinRaw(this.change.bases[step.base]!, step.rel) }, now)
  }

  /** What lies there now; null also where a folder above is gone or is none. */
  private stat(step: Step): LiveStat | null {
    try {
      const fd = this.folders[step.base]!.folder(folderOfRaw(step.rel))
      return fd === null ? null : statAt(fd, nameOfRaw(step.rel))
    } catch (error) {
      if (error instanceof AppError && error.code === 'path_unsafe') return null
      throw error
    }
  }

  /** What somebody put into a folder that the change had made moves away with it. */
  private leaveUntil(next: Step | null): void {
    for (let top = this.moving.at(-1); top; top = this.moving.at(-1)) {
      if (next !== null && next.base === top.base && next.rel.startsWith(`${top.rel}/`)) return
      this.moving.pop()
      if (top.mayComeAgain && next !== null) this.left.set(keyOf(top.base, top.rel), top)
      else this.noteAdded(top)
    }
  }

  private noteAdded(folder: MovingFolder): void {
    for (const name of this.namesIn(folder)) {
      if (folder.seen.has(name) || isStaging(name)) continue
      this.noteAt(textOfRaw(joinRaw(this.change.bases[folder.base]!, joinRaw(folder.rel, name))), 'added')
    }
  }

  private namesIn(folder: MovingFolder): RawPath[] {
    try {
      const fd = this.folders[folder.base]!.folder(folder.rel)
      return fd === null ? [] : readdirSync(fsPath(`/proc/self/fd/${fd}/`), { encoding: 'buffer' }).map(rawOfBytes)
    } catch {
      return []
    }
  }

  private append(step: Step): void {
    this.steps.append({ ...step, area: this.areas[step.area]!.index })
  }

  private note(step: Step, what: MovedOn['what']): void {
    this.noteAt(textOfRaw(joinRaw(this.change.bases[step.base]!, step.rel)), what)
  }

  private noteAt(path: string, what: MovedOn['what']): void {
    if (this.movedOnCount++ < SHOWN) this.movedOn.push({ path, what })
  }
}

const keyOf = (base: number, rel: RawPath) => `${base}:${rel}`

function keptIsGone(path: RawPath): AppError {
  return new AppError('undo_unknown', {
    message: `${textOfRaw(path)} is gone, so the change cannot be undone whole.`,
    hint: 'Nothing was changed. Restore the safety archive instead.',
    context: { path: textOfRaw(path) },
  })
}

import { createHash } from 'node:crypto'
import { linkSync, symlinkSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { type Entry, mtimesEqual } from '../entry.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfText } from '../raw-path.ts'
import { findEntry } from './chosen-paths.ts'
import { errorOfFailure } from './file-failure.ts'
import { FileWriters } from './file-writers.ts'
import { mustParse } from './json-item.ts'
import { LiveHashes } from './live-hashes.ts'
import { fsPathAt, OpenFolders, statAt } from './open-folders.ts'
import { digestChange, isChange } from './plan-digest.ts'
import { relOf } from './plan-lines.ts'
import type { PreparedPlan } from './plan-restore.ts'
import type { RestoreTally } from './restore-tally.ts'
import type { PlannedLine, RestoreInput } from './restore-types.ts'
import { isWithin } from './safe-path.ts'
import { setLinkAttributes } from './set-attributes.ts'
import type { StagingArea, StagingAreas } from './staging-areas.ts'
import { type Step, StepLog } from './step-log.ts'
import type { FileFailure } from './write-file.ts'

export interface StageContext {
  input: RestoreInput
  prepared: PreparedPlan
  areas: StagingAreas
  tally: RestoreTally
}

/**
 * Writes all new content beside what is live, proven by reading it back, and the steps that will swap it in. Touches nothing live.
 * Throws `plan_stale` when the live side moved on since the plan, and the error of the first file that cannot be staged.
 */
export async function stageRestore(context: StageContext): Promise<StepLog> {
  return await new Staging(context).run()
}

class Staging {
  private readonly context: StageContext
  private readonly setOwners = process.geteuid?.() === 0
  private readonly writers: FileWriters
  private steps: StepLog | null = null
  private failed: { failure: FileFailure; entry: Entry; area: StagingArea } | null = null
  /** Folders above the current line that are right as they are and have no step yet, outermost first. */
  private readonly idle: PlannedLine[] = []
  /** Folders that steps so far make, by absolute path: an item may lie in another one's folder, and either may come first. */
  private readonly made = new Set<string>()
  private readonly folders: OpenFolders[]
  private readonly hashes: LiveHashes
  /** Where files that hard links point to were staged. */
  private readonly linkable = new Map<string, { area: StagingArea; name: string }>()

  constructor(context: StageContext) {
    this.context = context
    const { prepared, tally, input } = context
    this.folders = prepared.destinations.bases.map((base) => new OpenFolders(base.path))
    this.hashes = new LiveHashes(input.signal)
    // Areas are made 0700 by this process, in whatever group the folder above hands down; so every owner is set.
    const newFileOwner = this.setOwners ? { uid: -1, gid: -1 } : null
    const options = { newFileOwner, umask: process.umask(), sync: true }
    const expected = { files: prepared.files, bytes: prepared.plan.bytesToWrite }
    this.writers = new FileWriters(input.reader, options, expected, (bytes) => tally.wrote(bytes))
  }

  async run(): Promise<StepLog> {
    const { prepared, input } = this.context
    const digest = createHash('sha256')
    try {
      for await (const line of prepared.lines()) {
        throwIfCancelled(input.signal)
        digestChange(digest, line, prepared.destinations.bases[line.base]?.path ?? '')
        await this.stageLine(line)
        await this.throwFailure()
      }
      await this.writers.drain()
      await this.throwFailure()
      // An orchestrator that this restore stops may write until then; the look after it has stopped decides.
      if (!input.stopsRuntime && digest.digest('hex') !== prepared.changesDigest) throw movedOn()
      this.steps!.sync()
      return this.steps!
    } catch (error) {
      this.steps?.close()
      throw error
    } finally {
      for (const open of this.folders) open.close()
      await this.writers.stop()
      await this.writers.close()
    }
  }

  private async stageLine(line: PlannedLine): Promise<void> {
    const { entry, action } = line
    for (let top = this.idle.at(-1); top && !isWithin(line.path, top.path); top = this.idle.at(-1)) this.idle.pop()
    if (!isChange(line)) {
      // A folder that is right now loses its times when something in it is swapped: its step comes with the first such line.
      if (entry?.type === 'dir' && action === 'same') this.idle.push(line)
      else if (entry !== null && entry.type !== 'dir' && action === 'skip') this.context.tally.skippedFiles++
      return
    }
    if (entry === null) this.addStep(line, 'quarantine', null)
    else if (entry.type === 'dir') this.addStep(line, 'folder', null)
    else if (action === 'attributes') this.addStep(line, 'attributes', null)
    else {
      const area = this.context.areas.for(line)
      const name = String(area.staged++)
      await this.stageEntry(entry, area, name)
      this.addStep(line, 'place', name)
    }
  }

  private async stageEntry(entry: Entry, area: StagingArea, name: string): Promise<void> {
    const { tally, prepared } = this.context
    if (entry.type === 'symlink') {
      symlinkSync(fsPath(rawOfText(entry.linkTarget!) ?? ''), fsPathAt(area.stagedFd, name))
      setLinkAttributes(area.stagedFd, name, entry, this.setOwners)
      tally.restored(entry, true)
      return
    }
    const content = entry.type === 'hardlink' ? await this.stageLink(entry, area, name) : entry
    if (content === null) return
    if (prepared.linkTargets.has(entry.path)) this.linkable.set(entry.path, { area, name })
    const done = (outcome: { ok: true } | FileFailure) => {
      if (outcome.ok) tally.restored(content, true)
      else this.failed ??= { failure: outcome, entry: content, area }
    }
    await this.writers.add({ entry: content, folderFd: area.stagedFd, name, done })
  }

  /** Links a staged name to its target's content, staged or live; returns the file to write where there is none to link to. */
  private async stageLink(entry: Entry, area: StagingArea, name: string): Promise<Entry | null> {
    const staged = this.linkable.get(entry.linkTarget!)
    if (staged?.area === area) {
      await this.writers.drain()
      await this.throwFailure()
      linkSync(fsPathAt(area.stagedFd, staged.name), fsPathAt(area.stagedFd, name))
      this.context.tally.restored(entry, true)
      return null
    }
    const target = await findEntry(this.context.input.reader, entry.linkTarget!)
    if (target?.type !== 'file') throw brokenLink(entry)
    if (staged === undefined && this.linkToLive(target, area, name)) {
      this.context.tally.restored(entry, true)
      return null
    }
    return { ...target, path: entry.path }
  }

  private linkToLive(target: Entry, area: StagingArea, name: string): boolean {
    const { destinations } = this.context.prepared
    const slash = target.path.indexOf('/')
    const item = destinations.items.find((other) => other.archiveName === (slash < 0 ? target.path : target.path.slice(0, slash)))
    if (!item || item.base === null) return false
    const rel = relOf(item, rawOfText(target.path)!)
    const open = new OpenFolders(destinations.bases[item.base]!.path)
    try {
      const fd = open.folder(folderOfRaw(rel))
      const live = fd === null ? null : statAt(fd, nameOfRaw(rel))
      if (fd === null || live?.type !== 'file' || live.sizeBytes !== target.sizeBytes || !mtimesEqual(live.mtimeNs, target.mtimeNs))
        return false
      linkSync(fsPathAt(fd, nameOfRaw(rel)), fsPathAt(area.stagedFd, name))
      return true
    } catch (error) {
      if (errnoOf(error) === 'ENOSPC') throw error
      return false
    } finally {
      open.close()
    }
  }

  private addStep(line: PlannedLine, what: Step['do'], staged: string | null): void {
    const area = this.context.areas.for(line)
    const steps = (this.steps ??= StepLog.create(joinRaw(area.path, 'steps.ndjson')))
    for (const folder of this.idle.splice(0)) steps.append(this.stepOf(folder, 'folder', area, null))
    if (line.live === null) this.addFoldersAbove(line, area)
    steps.append(this.stepOf(line, what, area, staged))
    if (what === 'folder' && line.live === null) this.made.add(joinRaw(this.folders[line.base]!.base, line.rel))
  }

  /** The config may put an item into folders that are not there yet: each gets a step, so that it can be taken back. */
  private addFoldersAbove(line: PlannedLine, area: StagingArea): void {
    const item = this.context.prepared.destinations.items[line.item]!
    const above = item.prefix === '' ? '' : folderOfRaw(item.prefix)
    if (above === '' || this.folders[line.base]!.folder(above) !== null) return
    const parts = above.split('/')
    for (let depth = 1; depth <= parts.length; depth++) {
      const rel = parts.slice(0, depth).join('/')
      const path = joinRaw(this.folders[line.base]!.base, rel)
      if (this.made.has(path) || this.folders[line.base]!.folder(rel) !== null) continue
      this.made.add(path)
      this.steps!.append(folderStep(line, rel, area))
    }
  }

  private stepOf(line: PlannedLine, what: Step['do'], area: StagingArea, staged: string | null): Step {
    const { entry, live, path, base, rel } = line
    const attributes = entry === null ? null : { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtimeNs: entry.mtimeNs }
    const type = entry?.type ?? (live !== null && live.type !== 'other' ? live.type : 'file')
    const content = { sizeBytes: entry?.sizeBytes ?? 0, sha256: what === 'place' ? (entry?.sha256 ?? null) : null }
    const item = this.context.prepared.destinations.items[line.item]!
    const isJson = what === 'place' && mustParse(item, entry, path)
    const liveSha256 = item.importance === 'critical' && what !== 'folder' && live?.type === 'file' ? this.hashLive(line) : null
    const isMade = what === 'folder' && live === null && this.made.has(joinRaw(this.folders[base]!.base, rel))
    const made = isMade ? { isMadeBefore: true as const } : {}
    return { do: what, path, type, base, rel, area: area.index, staged, live, attributes, ...content, liveSha256, isJson, ...made }
  }

  private hashLive({ base, rel, live }: PlannedLine): string | null {
    const folderFd = this.folders[base]!.folder(folderOfRaw(rel))
    if (folderFd === null) return null
    const path = joinRaw(this.folders[base]!.base, rel)
    return this.hashes.hash({ folderFd, name: nameOfRaw(rel), path }, live!)
  }

  private async throwFailure(): Promise<void> {
    if (this.failed === null) return
    const { failure, entry, area } = this.failed
    const { input, prepared } = this.context
    throw await errorOfFailure(failure, entry, { reader: input.reader, base: area.parent, neededBytes: prepared.plan.bytesToWrite })
  }
}

function folderStep(line: PlannedLine, rel: RawPath, area: StagingArea): Step {
  const place = { base: line.base, rel, area: area.index, path: line.path }
  const nothing = { staged: null, live: null, attributes: null, sizeBytes: 0, sha256: null, liveSha256: null, isJson: false }
  return { do: 'folder', type: 'dir', ...place, ...nothing }
}

function movedOn(): AppError {
  return new AppError('plan_stale', {
    message: 'What is live changed while the restore was prepared; nothing was changed by it.',
    hint: 'If the orchestrator is running, stop it first; then look at the plan again.',
  })
}

function brokenLink(entry: Entry): AppError {
  return new AppError('path_unsafe', {
    message: `“${entry.path}” is a hard link to “${entry.linkTarget}”, which is no file of the archive.`,
    hint: 'Run `orchive verify` on the archive.',
  })
}

/**
 * Restores into a folder that is empty or not there yet. Nothing can be overwritten, so files are made in place, and a file that cannot
 * be read from the archive costs that file only. Nothing is synced one by one: a power cut costs the copy, not the archive.
 */

import { closeSync, fstatSync, linkSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { AppError, errnoOf, isAppError } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry } from '../entry.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfBytes, rawOfText, textOfRaw } from '../raw-path.ts'
import { errorOfFailure, isArchiveAtFault, targetError, targetFull } from './file-failure.ts'
import { FileWriters } from './file-writers.ts'
import { fsPathAt, OpenFolders, openFolder } from './open-folders.ts'
import type { PreparedPlan } from './plan-restore.ts'
import { type RestoreTally, tallyWarning } from './restore-tally.ts'
import type { PlannedLine, RestoreInput } from './restore-types.ts'
import { isWithin } from './safe-path.ts'
import { setFolderAttributes, setLinkAttributes } from './set-attributes.ts'
import { type FileFailure, newFileOwnerIn } from './write-file.ts'

/** A folder of the restored tree; its attributes are set once it is left and all its files are written. */
interface OpenNode {
  path: string
  fd: number
  entry: Entry
  pending: number
  isLeft: boolean
}

/** Writes all lines of a plan for an empty target. Throws `cancelled` (what was done stays), `target_full` (it is taken back), and others. */
export async function restoreFresh(input: RestoreInput, prepared: PreparedPlan, tally: RestoreTally): Promise<void> {
  const { path: base, existing } = prepared.destinations.bases[0]!
  const root = new OpenFolders(existing)
  try {
    const missing = base === existing ? '' : base.slice(existing === '/' ? 1 : existing.length + 1)
    await new FreshRestore(input, prepared, tally, base, makeTarget(root, missing)).run()
  } catch (error) {
    const failure = targetError(error, existing, prepared.plan.bytesToWrite)
    if (failure.code === 'target_full') {
      emptyFolder(base)
      throw targetFull(existing, prepared.plan.bytesToWrite)
    }
    if (failure.code !== 'cancelled') throw failure
    const { restoredFiles, restoredBytes } = tally
    throw new AppError('cancelled', {
      message: `Cancelled: ${plural(restoredFiles, 'file')} (${formatBytes(restoredBytes)}) are restored in ${textOfRaw(base)}, the rest is not.`,
      hint: 'Remove that folder, or restore into another one.',
      context: { restoredFiles, restoredBytes, target: textOfRaw(base) },
    })
  } finally {
    root.close()
  }
}

function makeTarget(root: OpenFolders, missing: RawPath): number {
  try {
    return missing === '' ? root.folder('')! : root.make(missing, 0o755)
  } catch (error) {
    if (isAppError(error)) throw error
    throw new AppError('target_unusable', {
      message: `The folder ${textOfRaw(joinRaw(root.base, missing))} cannot be made (${errnoOf(error) ?? 'unknown error'}).`,
      hint: 'Choose another folder, or make it first.',
      cause: error,
    })
  }
}

/** The target was empty before, so all that it holds is ours. */
function emptyFolder(base: RawPath): void {
  for (const name of readdirSync(fsPath(base), { encoding: 'buffer' }))
    rmSync(fsPath(joinRaw(base, rawOfBytes(name))), { recursive: true, force: true })
}

class FreshRestore {
  private readonly input: RestoreInput
  private readonly prepared: PreparedPlan
  private readonly tally: RestoreTally
  private readonly base: RawPath
  private readonly baseFd: number
  private readonly setOwners = process.geteuid?.() === 0
  private readonly writers: FileWriters
  private readonly way: OpenNode[] = []
  private readonly inFlight = new Set<string>()
  private readonly failed: { failure: FileFailure; entry: Entry }[] = []
  private fatal = false

  constructor(input: RestoreInput, prepared: PreparedPlan, tally: RestoreTally, base: RawPath, baseFd: number) {
    this.input = input
    this.prepared = prepared
    this.tally = tally
    this.base = base
    this.baseFd = baseFd
    const options = { newFileOwner: newFileOwnerIn(fstatSync(baseFd)), umask: process.umask(), sync: false }
    const expected = { files: prepared.files, bytes: prepared.plan.bytesToWrite }
    this.writers = new FileWriters(input.reader, options, expected, (bytes) => tally.wrote(bytes))
  }

  async run(): Promise<void> {
    try {
      for await (const line of this.prepared.lines()) {
        throwIfCancelled(this.input.signal)
        this.leaveUntil(line.path)
        await this.restoreLine(line, this.way.at(-1)?.fd ?? this.baseFd)
        if (this.fatal) break
        if (this.failed.length > 0) await this.reportFailed()
      }
      await this.writers.drain()
      await this.reportFailed()
    } finally {
      await this.writers.stop()
      await this.writers.close()
      this.leaveUntil(null)
    }
  }

  private async restoreLine(line: PlannedLine, folderFd: number): Promise<void> {
    const { entry } = line
    if (!entry || line.action !== 'create') return
    const name = nameOfRaw(line.rel)
    switch (entry.type) {
      case 'dir':
        return this.makeFolder(entry, folderFd, name, line.rel)
      case 'file':
        return await this.writeFile(entry, folderFd, name)
      case 'symlink': {
        const target = fsPath(rawOfText(entry.linkTarget!) ?? '')
        symlinkSync(target, fsPathAt(folderFd, name))
        setLinkAttributes(folderFd, name, entry, this.setOwners)
        const readBack = readlinkSync(fsPathAt(folderFd, name), { encoding: 'buffer' })
        return this.tally.restored(entry, readBack.equals(Buffer.from(target)))
      }
      case 'hardlink':
        return await this.link(entry, folderFd, name)
    }
  }

  private makeFolder(entry: Entry, folderFd: number, name: RawPath, rel: RawPath): void {
    try {
      mkdirSync(fsPathAt(folderFd, name), 0o700)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      throw new AppError('target_not_empty', {
        message: `${textOfRaw(joinRaw(this.base, rel))} appeared in the target meanwhile.`,
        hint: 'Choose an empty folder.',
      })
    }
    const fd = openFolder(fsPathAt(folderFd, name), joinRaw(this.base, rel))
    if (fd === null)
      throw new AppError('plan_stale', {
        message: `${textOfRaw(joinRaw(this.base, rel))} vanished while it was filled.`,
        hint: 'Restore again.',
      })
    this.way.push({ path: entry.path, fd, entry, pending: 0, isLeft: false })
  }

  private async writeFile(entry: Entry, folderFd: number, name: RawPath): Promise<void> {
    const node = this.way.at(-1) ?? null
    if (node) node.pending++
    this.inFlight.add(entry.path)
    const done = (outcome: { ok: true } | FileFailure) => {
      this.inFlight.delete(entry.path)
      if (outcome.ok) this.tally.restored(entry, true)
      else {
        this.failed.push({ failure: outcome, entry })
        if (!isArchiveAtFault(outcome)) this.fatal = true
      }
      if (node) {
        node.pending--
        this.finishNode(node)
      }
    }
    await this.writers.add({ entry, folderFd, name, done })
  }

  private async link(entry: Entry, folderFd: number, name: RawPath): Promise<void> {
    if (this.inFlight.has(entry.linkTarget!)) await this.writers.drain()
    const rel = rawOfText(entry.linkTarget!)!
    const aside = new OpenFolders(this.base)
    try {
      const fd = aside.folder(folderOfRaw(rel))
      if (fd === null) throw Object.assign(new Error('no folder'), { code: 'ENOENT' })
      linkSync(fsPathAt(fd, nameOfRaw(rel)), fsPathAt(folderFd, name))
      this.tally.restored(entry, true)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      tallyWarning(this.tally, entry.path, 'frame_damaged', `Its content is that of “${entry.linkTarget}”, which could not be restored.`)
    } finally {
      aside.close()
    }
  }

  private leaveUntil(path: string | null): void {
    for (let top = this.way.at(-1); top && (path === null || !isWithin(path, top.path)); top = this.way.at(-1)) {
      this.way.pop()
      top.isLeft = true
      this.finishNode(top)
    }
  }

  private finishNode(node: OpenNode): void {
    if (!node.isLeft || node.pending > 0) return
    setFolderAttributes(node.fd, node.entry, this.setOwners)
    closeSync(node.fd)
  }

  /** A damaged file is named and left out; anything else ends the restore. */
  private async reportFailed(): Promise<void> {
    for (const { failure, entry } of this.failed.splice(0)) {
      if (failure.code === 'cancelled') continue
      const place = { reader: this.input.reader, base: this.base, neededBytes: this.prepared.plan.bytesToWrite }
      const error = await errorOfFailure(failure, entry, place)
      if (error.code !== 'frame_damaged' && error.code !== 'frame_missing') throw error
      tallyWarning(this.tally, entry.path, error.code, error.message)
    }
  }
}

import { readdirSync } from 'node:fs'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfBytes, rawOfText, textOfRaw } from '../raw-path.ts'
import { type ChosenPaths, findEntry, foldersAbove } from './chosen-paths.ts'
import { type Decision, decideEntry } from './decide-entry.ts'
import { decideExtra, isStaging } from './decide-extra.ts'
import { type Destinations, type ItemDestination, nestedOwner } from './destinations.ts'
import type { LiveHashes } from './live-hashes.ts'
import { MountPoints } from './mount-points.ts'
import { OpenFolders, statAt } from './open-folders.ts'
import type { ConflictMode, LiveStat, PlannedLine, RestoreInput } from './restore-types.ts'
import { EntryGuard, isWithin, nameOf, parentOf } from './safe-path.ts'

export interface LinePlannerOptions {
  input: RestoreInput
  chosen: ChosenPaths
  destinations: Destinations
  conflict: ConflictMode
  hashes: LiveHashes
}

/** `live` is there and stays, `new` will be made (so nothing is inside), `skip` and `conflict` pass on to all that lies inside. */
type FolderState = 'live' | 'new' | 'skip' | 'conflict'

interface FolderOnTheWay {
  path: string
  rel: RawPath
  item: number
  state: FolderState
  reason: string
  /** Names on disk that no entry has claimed yet; null when extras do not matter here. */
  unseen: Set<RawPath> | null
}

/** Streams the lines of a plan in archive order, each folder's extras after all it holds. Looks at the live side, changes nothing. */
export class LinePlanner {
  readonly problems: Finding[] = []
  /** Chosen paths that the archive has. */
  readonly found = new Set<string>()
  private readonly options: LinePlannerOptions
  private readonly folders: OpenFolders[]
  private readonly mounts = MountPoints.read()
  private readonly ownersMatter = process.geteuid?.() === 0
  private readonly itemByName = new Map<string, number>()
  private readonly way: FolderOnTheWay[] = []
  private readonly unreadable: Set<string>
  /** Of folders above chosen paths, what the archive has. */
  private above = new Map<string, Entry>()

  constructor(options: LinePlannerOptions) {
    this.options = options
    this.folders = options.destinations.bases.map((base) => new OpenFolders(base.path))
    for (const [i, item] of options.destinations.items.entries()) this.itemByName.set(item.archiveName, i)
    this.unreadable = new Set(options.input.manifest.findings.flatMap((finding) => (finding.path === null ? [] : [finding.path])))
  }

  async *lines(): AsyncGenerator<PlannedLine> {
    const { input, chosen } = this.options
    const guard = new EntryGuard()
    try {
      this.above = await this.readAbove()
      for await (const entry of input.reader.entries(chosen.everything ? undefined : chosen.paths)) {
        throwIfCancelled(input.signal)
        const raw = guard.check(entry)
        if (chosen.names(entry.path)) this.found.add(entry.path)
        yield* this.leaveUntil(entry.path)
        if (this.way.at(-1)?.path !== (parentOf(entry.path) ?? undefined)) yield* this.enterAbove(entry.path)
        yield await this.planEntry(entry, raw)
      }
      yield* this.leaveUntil(null)
    } finally {
      for (const open of this.folders) open.close()
    }
  }

  /** All at once: looking for one after the other costs a look at the indexes each. */
  private async readAbove(): Promise<Map<string, Entry>> {
    const { input, chosen } = this.options
    const folders = new Set(chosen.paths.flatMap(foldersAbove))
    const above = new Map<string, Entry>()
    if (folders.size === 0) return above
    for await (const entry of input.reader.entriesAt([...folders])) above.set(entry.path, entry)
    return above
  }

  private async planEntry(archived: Entry, raw: RawPath): Promise<PlannedLine> {
    const { input, chosen } = this.options
    const { index, item } = this.itemOf(archived.path)
    let entry = archived
    // A hard link whose other name stays in the archive is restored as the file it stands for.
    if (entry.type === 'hardlink' && !chosen.covers(entry.linkTarget!)) entry = { ...(await linkedFile(input, entry)), path: entry.path }
    const rel = relOf(item, raw)
    const line = { entry, path: entry.path, item: index, base: item.base ?? 0, rel }
    const parent = this.way.at(-1) ?? this.itemParent(item, index)
    parent.unseen?.delete(nameOfRaw(rel))
    const owner = nestedOwner(item, entry.path, chosen)
    let live: LiveStat | null = null
    let decision: Decision
    if (item.skipReason !== null) decision = { action: 'skip', reason: item.skipReason }
    else if (owner !== null) decision = { action: 'skip', reason: `belongs to the item ${owner} now` }
    else if (parent.state === 'new') decision = { action: 'create', reason: 'missing' }
    else if (parent.state !== 'live') decision = { action: parent.state, reason: parent.reason }
    else {
      const folderFd = this.folders[line.base]!.folder(folderOfRaw(rel))
      live = folderFd === null ? null : statAt(folderFd, nameOfRaw(rel))
      decision = folderFd === null ? { action: 'create', reason: 'missing' } : this.decide(entry, live, folderFd, line)
    }
    if (entry.type === 'dir') this.enter(entry.path, rel, index, decision, live, chosen.covers(entry.path))
    return { ...line, ...decision, live }
  }

  private decide(entry: Entry, live: LiveStat | null, folderFd: number, line: { base: number; rel: RawPath; item: number }): Decision {
    const { conflict, chosen, hashes, destinations } = this.options
    const path = joinRaw(destinations.bases[line.base]!.path, line.rel)
    const place = { folderFd, name: nameOfRaw(line.rel), path }
    const mustHash = destinations.items[line.item]?.importance === 'critical' || chosen.names(entry.path)
    const linkedIno = entry.type === 'hardlink' && live?.type === 'file' ? this.liveIno(entry.linkTarget!) : null
    const decision = decideEntry(entry, live, place, { conflict, mustHash, ownersMatter: this.ownersMatter, hashes, linkedIno })
    if (decision.action !== 'overwrite' || live === null) return decision
    const inside = live.type === 'dir' ? (this.heldItem(path) ?? this.mounts.within(path)) : null
    const why = this.mounts.has(path) ? 'is a mount point' : inside === null ? null : `holds ${textOfRaw(inside)}`
    if (why === null) return decision
    const message = `${textOfRaw(path)} ${why} and cannot be replaced by a ${entry.type}.`
    this.problems.push({ severity: 'error', code: 'target_unusable', path: entry.path, message })
    return { action: 'conflict', reason: why }
  }

  /** Folders above a chosen path that are not chosen themselves: made where missing, never changed, never a symlink. */
  private enterAbove(path: string): PlannedLine[] {
    const made: PlannedLine[] = []
    for (const folder of foldersAbove(path)) {
      if (this.way.some((known) => known.path === folder)) continue
      const entry = this.above.get(folder)
      if (entry?.type !== 'dir') throw unsafeParent(path, folder)
      const { index, item } = this.itemOf(folder)
      const rel = relOf(item, rawOfText(folder)!)
      const above = this.way.at(-1) ?? this.itemParent(item, index)
      const owner = nestedOwner(item, folder, this.options.chosen)
      if (item.skipReason !== null || owner !== null) {
        this.push(folder, rel, index, 'skip', item.skipReason ?? `belongs to the item ${owner} now`)
        continue
      }
      const state = above.state === 'live' ? this.folderState(item.base!, rel, folder) : above.state
      this.push(folder, rel, index, state, state === 'conflict' ? 'its folder is a symlink or no folder' : above.reason)
      if (state === 'new') {
        made.push({ entry, path: folder, item: index, base: item.base!, rel, action: 'create', reason: 'missing', live: null })
      }
    }
    return made
  }

  private enter(path: string, rel: RawPath, item: number, decision: Decision, live: LiveStat | null, isChosen: boolean): void {
    const state = decision.action === 'create' || decision.action === 'overwrite' ? 'new' : live?.type === 'dir' ? 'live' : decision.action
    this.push(path, rel, item, state as FolderState, decision.reason)
    if (state !== 'live' || !isChosen) return
    const fd = this.folders[this.options.destinations.items[item]!.base!]!.folder(rel)
    const names = fd === null ? [] : readdirSync(fsPath(`/proc/self/fd/${fd}/`), { encoding: 'buffer' })
    this.way.at(-1)!.unseen = new Set(names.map((name) => rawOfBytes(name)))
  }

  private push(path: string, rel: RawPath, item: number, state: FolderState, reason: string): void {
    this.way.push({ path, rel, item, state, reason, unseen: null })
  }

  private *leaveUntil(path: string | null): Generator<PlannedLine> {
    for (let top = this.way.at(-1); top && (path === null || !isWithin(path, top.path)); top = this.way.at(-1)) {
      this.way.pop()
      if (top.unseen && top.unseen.size > 0) yield* this.extrasOf(top)
    }
  }

  private *extrasOf(folder: FolderOnTheWay): Generator<PlannedLine> {
    const { destinations, input } = this.options
    const base = destinations.items[folder.item]!.base!
    for (const name of [...folder.unseen!].sort()) {
      if (isStaging(name)) continue
      const fd = this.folders[base]!.folder(folder.rel)
      const live = fd === null ? null : statAt(fd, name)
      if (live === null) continue
      const rel = joinRaw(folder.rel, name)
      const absolute = joinRaw(destinations.bases[base]!.path, rel)
      if (destinations.itemPaths.some((item) => item.path === absolute)) continue
      const path = `${folder.path}/${textOfRaw(name)}`
      const held = this.heldItem(absolute) ?? (this.mounts.has(absolute) ? absolute : this.mounts.within(absolute))
      const wasUnreadable = this.unreadable.has(path) || this.unreadable.has(textOfRaw(absolute))
      const decision = decideExtra(live, {
        exact: input.exact === true,
        held: held === null ? null : textOfRaw(held),
        wasUnreadable,
        isPart: input.manifest.kind === 'offload',
      })
      yield { ...decision, entry: null, path, item: folder.item, base, rel, live }
    }
  }

  private itemOf(path: string): { index: number; item: ItemDestination } {
    const slash = path.indexOf('/')
    const index = this.itemByName.get(slash < 0 ? path : path.slice(0, slash))
    if (index !== undefined) return { index, item: this.options.destinations.items[index]! }
    throw new AppError('path_unsafe', {
      message: `The archive path “${path}” belongs to no item of its manifest.`,
      hint: 'Nothing was written. Run `orchive verify` on the archive.',
      context: { path },
    })
  }

  /** What an item's own root lies in: folders between base and item. */
  private itemParent(item: ItemDestination, index: number): FolderOnTheWay {
    const above = { path: '', rel: '', item: index, reason: '', unseen: null }
    if (item.base === null) return { ...above, state: 'skip' }
    const state = this.folderState(item.base, item.prefix === '' ? '' : folderOfRaw(item.prefix), item.archiveName)
    return { ...above, state, reason: state === 'conflict' ? 'its folder is a symlink or no folder' : '' }
  }

  private folderState(base: number, rel: RawPath, path: string): FolderState {
    try {
      return this.folders[base]!.folder(rel) === null ? 'new' : 'live'
    } catch (error) {
      if (!isAppError(error)) throw error
      const known = this.problems.some((problem) => problem.message === error.message)
      if (!known) this.problems.push({ severity: 'error', code: error.code, path, message: error.message })
      return 'conflict'
    }
  }

  private heldItem(folder: RawPath): RawPath | null {
    return this.options.destinations.itemPaths.find((item) => item.path.startsWith(`${folder}/`))?.path ?? null
  }

  private liveIno(path: string): bigint | null {
    const { item } = this.itemOf(path)
    if (item.base === null) return null
    const rel = relOf(item, rawOfText(path)!)
    const aside = new OpenFolders(this.options.destinations.bases[item.base]!.path)
    try {
      const fd = aside.folder(folderOfRaw(rel))
      return fd === null ? null : (statAt(fd, nameOfRaw(rel))?.ino ?? null)
    } catch {
      return null
    } finally {
      aside.close()
    }
  }
}

/** Where an archive path goes below its item's base. */
export function relOf(item: Pick<ItemDestination, 'prefix'>, raw: RawPath): RawPath {
  if (item.prefix === '') return raw
  const slash = raw.indexOf('/')
  return slash < 0 ? item.prefix : `${item.prefix}/${raw.slice(slash + 1)}`
}

async function linkedFile(input: RestoreInput, link: Entry): Promise<Entry> {
  const target = await findEntry(input.reader, link.linkTarget!)
  if (target?.type === 'file') return target
  throw new AppError('path_unsafe', {
    message: `“${link.path}” is a hard link to “${link.linkTarget}”, which is no file of the archive.`,
    hint: 'Run `orchive verify` on the archive.',
  })
}

function unsafeParent(path: string, folder: string): AppError {
  return new AppError('path_unsafe', {
    message: `The archive path “${path}” lies under “${nameOf(folder)}”, which is no folder of the archive.`,
    hint: 'Nothing was written. Run `orchive verify` on the archive.',
    context: { path },
  })
}

/**
 * What a restore in place would lose: of JSON items the records that live has and the archive lacks or has otherwise, and the paths that only
 * live has and that an exact restore moves away. Bounded: large items are not compared, and of each list only the first records are named.
 */

import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseJsonText } from '#lib/base/json-text.ts'
import { formatBytes } from '#lib/base/units.ts'
import { diffJson, type ListDiff, type RecordChange } from '../compare/json/json-diff.ts'
import type { Json } from '../compare/json/json-value.ts'
import { folderOfRaw, joinRaw, nameOfRaw, textOfRaw } from '../raw-path.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { readContent } from '../verify/read-content.ts'
import type { Destinations } from './destinations.ts'
import { isJsonItem } from './json-item.ts'
import { fsPathAt, OpenFolders } from './open-folders.ts'
import type { ItemLosses, ListLosses, LostRecord, PlannedLine, RestoreInput, RestoreLosses } from './restore-types.ts'

/** Both texts and their values are held at once. */
const MOST_BYTES = 64 * 1024 * 1024
const NAMED = 20
/** Looks at a text that does not parse, and pauses between them, growing so that they do not fall into step with a writer. */
const MOST_READS = 20
const PAUSE_MS = 3

/** Gathers what is at stake while the lines of a plan go by. */
export class LossFinder {
  private readonly reader: ArchiveReader
  private readonly destinations: Destinations
  private readonly replaced: PlannedLine[] = []
  private readonly files: RestoreLosses['files'] = { count: 0, bytes: 0, first: [] }
  private readonly stake: Hash = createHash('sha256')

  private readonly isInPlace: boolean

  constructor(input: RestoreInput, destinations: Destinations) {
    this.reader = input.reader
    this.isInPlace = input.target === null
    this.destinations = destinations
  }

  add(line: PlannedLine): void {
    const { entry, action, live } = line
    if (!this.isInPlace) return
    if (action !== 'overwrite' && action !== 'quarantine') return
    const isJson = action === 'overwrite' && live?.type === 'file' && isJsonItem(this.destinations.items[line.item]!, entry, line.path)
    if (isJson) this.replaced.push(line)
    // What only grew since, such as a log, loses the same as before and a little more, which the safety archive has.
    const hasGrown = entry?.type === 'file' && live?.type === 'file' && live.sizeBytes > entry.sizeBytes
    if (!isJson && !hasGrown) this.stake.update(`${action}\t${this.pathOf(line)}\n`)
    if (action !== 'quarantine') return
    const sizeBytes = live?.type === 'file' ? live.sizeBytes : 0
    this.files.count++
    this.files.bytes += sizeBytes
    if (this.files.first.length < NAMED) this.files.first.push({ path: this.pathOf(line), sizeBytes })
  }

  /** The losses, and a digest over what kinds of things would be lost: lists that lose records, paths that are replaced or moved away. */
  async finish(): Promise<{ losses: RestoreLosses; stake: string }> {
    const items: ItemLosses[] = []
    for (const line of this.replaced) items.push(await this.compare(line))
    const sum = (count: (list: ListLosses) => number) => items.flatMap(({ lists }) => lists).reduce((all, list) => all + count(list), 0)
    const losses = {
      items,
      lostRecords: sum((list) => list.lostCount),
      changedRecords: sum((list) => list.changedCount),
      files: this.files,
    }
    return { losses, stake: this.stake.digest('hex') }
  }

  private async compare(line: PlannedLine): Promise<ItemLosses> {
    const { key, label } = this.destinations.items[line.item]!
    const head = { key, label, path: line.path, targetPath: this.pathOf(line), lists: [], values: [], valuesCount: 0 }
    const sides = await this.sidesOf(line)
    this.stake.update(`${head.targetPath}\t${'reason' in sides ? sides.reason : ''}\n`)
    if ('reason' in sides) return { ...head, reason: sides.reason }
    const diff = diffJson(sides.live, sides.archived)
    // A running orchestrator adds records all the time: that more of a list is lost is no other loss, that another list loses is one.
    for (const { key, lost, changed, olderThanCap } of diff.lists) {
      if (lost.length + changed.length + olderThanCap > 0) this.stake.update(`${key}\n`)
    }
    const lists = diff.lists.map(lossesOf).filter(({ lostCount, changedCount }) => lostCount + changedCount > 0)
    return { ...head, reason: null, lists, values: diff.values.slice(0, NAMED).map(({ path }) => path), valuesCount: diff.values.length }
  }

  private async sidesOf(line: PlannedLine): Promise<{ live: Json; archived: Json } | { reason: string }> {
    const largest = Math.max(line.entry!.sizeBytes, line.live!.sizeBytes)
    if (largest > MOST_BYTES) return { reason: `It is too large to be compared by records (${formatBytes(largest)}).` }
    const live = await this.readLiveJson(line)
    if (live === null) return { reason: 'What is there now cannot be read.' }
    if (live === undefined) return { reason: 'What is there now is not valid JSON.' }
    const archived = parse(await readContent(this.reader, line.entry!, MOST_BYTES))
    return archived === undefined ? { reason: 'What the archive holds is not valid JSON.' } : { live, archived }
  }

  /** Undefined for what is no JSON; read again for a while, since its writer may be in the middle of it. Null when it cannot be read. */
  private async readLiveJson(line: PlannedLine): Promise<Json | undefined> {
    for (let tries = 0; ; tries++) {
      const bytes = this.readLive(line)
      const value = bytes === null ? null : parse(bytes)
      if (value !== undefined || tries === MOST_READS) return value
      await delay(PAUSE_MS + tries)
    }
  }

  private readLive(line: PlannedLine): Buffer | null {
    const open = new OpenFolders(this.destinations.bases[line.base]!.path)
    let fd: number | null = null
    try {
      const folderFd = open.folder(folderOfRaw(line.rel))
      if (folderFd === null) return null
      fd = openSync(fsPathAt(folderFd, nameOfRaw(line.rel)), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      return fstatSync(fd).isFile() ? readFileSync(fd) : null
    } catch {
      return null
    } finally {
      if (fd !== null) closeSync(fd)
      open.close()
    }
  }

  private pathOf(line: PlannedLine): string {
    return textOfRaw(joinRaw(this.destinations.bases[line.base]!.path, line.rel))
  }
}

/** Undefined for what is no JSON. */
function parse(bytes: Buffer): Json | undefined {
  try {
    return parseJsonText(bytes.toString('utf8')) as Json
  } catch {
    return undefined
  }
}

/** Live is the side before: what it has and the archive lacks is lost, also what a cap would have dropped. */
function lossesOf({ key, identity, lost, changed, olderThanCap }: ListDiff): ListLosses {
  return {
    key,
    identity,
    lostCount: lost.length + olderThanCap,
    changedCount: changed.length,
    lost: lost.slice(0, NAMED).map(named),
    changed: changed.slice(0, NAMED).map(named),
  }
}

const named = ({ id, title, at }: RecordChange): LostRecord => ({ id, title, at })

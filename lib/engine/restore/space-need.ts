import { statfsSync } from 'node:fs'
import { formatBytes } from '#lib/base/units.ts'
import type { FrameId } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { folderOfRaw, fsPath, joinRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import { MAX_CHUNK } from '../repository/chunker.ts'
import type { Codec } from '../repository/codec.ts'
import type { Destinations } from './destinations.ts'
import { liveStat } from './open-folders.ts'
import type { PlannedLine } from './restore-types.ts'

const BLOCK_BYTES = 4096

interface FileSystemNeed {
  path: RawPath
  neededBytes: number
  neededFiles: number
}

/** Adds up, a file system at a time, what a restore needs: the new content beside the old, in whole blocks, without long zero runs. */
export class SpaceNeed {
  private readonly destinations: Destinations
  private readonly needs = new Map<bigint, FileSystemNeed>()
  private readonly devOfItem = new Map<number, bigint>()
  private readonly codec: Codec
  private zeroFrame: FrameId | null = null

  constructor(destinations: Destinations, codec: Codec) {
    this.codec = codec
    this.destinations = destinations
  }

  add(line: PlannedLine): void {
    const { entry } = line
    if (!entry) return
    const need = this.needs.get(this.devOf(line))!
    need.neededFiles++
    if (entry.type === 'file') need.neededBytes += Math.ceil((entry.sizeBytes - this.holesOf(entry.frames)) / BLOCK_BYTES) * BLOCK_BYTES
  }

  /** Bytes of a file's frames that are whole chunks of zeros: they become holes. */
  private holesOf(frames: FrameId[]): number {
    if (frames.length < 3) return 0
    this.zeroFrame ??= this.codec.frameId(Buffer.alloc(MAX_CHUNK))
    let holes = 0
    for (const id of frames) if (id === this.zeroFrame) holes += MAX_CHUNK
    return holes
  }

  /** Free bytes of the file system with the least room to spare; null when nothing is written. */
  freeBytes(): number | null {
    let least: { spare: number; free: number } | null = null
    for (const need of this.needs.values()) {
      const stat = statfs(need.path)
      if (!stat) continue
      const spare = stat.freeBytes - need.neededBytes
      if (least === null || spare < least.spare) least = { spare, free: stat.freeBytes }
    }
    return least?.free ?? null
  }

  /** `target_full` for each file system that has too little room. */
  problems(): Finding[] {
    const problems: Finding[] = []
    for (const need of this.needs.values()) {
      const stat = statfs(need.path)
      if (!stat) continue
      const path = textOfRaw(need.path)
      const full = (message: string) => problems.push({ severity: 'error', code: 'target_full', path, message })
      if (need.neededBytes > stat.freeBytes) {
        full(`Restoring needs ${formatBytes(need.neededBytes)} at ${path}, but only ${formatBytes(stat.freeBytes)} are free there.`)
      } else if (stat.freeFiles !== null && need.neededFiles > stat.freeFiles) {
        full(`Restoring makes ${need.neededFiles} files at ${path}, but only ${stat.freeFiles} more fit there (no inodes left).`)
      }
    }
    return problems
  }

  /** The file system that the item's root, or what exists above it, lies on. */
  private devOf(line: PlannedLine): bigint {
    const known = this.devOfItem.get(line.item)
    if (known !== undefined) return known
    const item = this.destinations.items[line.item]!
    const base = this.destinations.bases[line.base]!
    let path = joinRaw(base.path, item.prefix === '' ? item.archiveName : item.prefix)
    let live = liveStat(fsPath(path))
    while (live?.type !== 'dir' && path !== base.existing && path !== '/') {
      path = folderOfRaw(path) || '/'
      live = liveStat(fsPath(path))
    }
    const dev = live?.dev ?? 0n
    if (!this.needs.has(dev)) this.needs.set(dev, { path, neededBytes: 0, neededFiles: 0 })
    this.devOfItem.set(line.item, dev)
    return dev
  }
}

function statfs(path: RawPath): { freeBytes: number; freeFiles: number | null } | null {
  try {
    const stat = statfsSync(fsPath(path))
    return { freeBytes: stat.bavail * stat.bsize, freeFiles: stat.files > 0 ? stat.ffree : null }
  } catch {
    return null
  }
}

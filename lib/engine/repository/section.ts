/**
 * Sections: runs of manifest lines, each stored as one frame. Where a section ends depends on paths alone, so a changed file changes one
 * section and moves no cut; an unchanged run is the same section as in the archive before.
 */

import type { FrameId } from '../entry.ts'
import type { Codec } from './codec.ts'

/** About this many lines a section, at most eight times as many. */
export const MEAN_LINES = 64
export const MAX_LINES = MEAN_LINES * 8
/** zstd level of sections. */
export const SECTION_LEVEL = 3

/** How a manifest names a section. */
export interface SectionRef {
  id: FrameId
  entries: number
  /** Path of its first entry, so that a reader finds a path without reading all sections. */
  firstPath: string
}

/** FNV-1a over UTF-16 code units: cheap and stable; a section ends after a path whose hash is a multiple of the mean. */
export function endsSection(path: string): boolean {
  let hash = 0x811c9dc5
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
  // The low bits of FNV are its weakest; the cut looks at the middle ones.
  return ((hash >>> 13) & (MEAN_LINES - 1)) === 0
}

/** The item an archive path belongs to is its first component: items are the top-level names of an archive. */
export function topName(path: string): string {
  const slash = path.indexOf('/')
  return slash === -1 ? path : path.slice(0, slash)
}

/** Cuts a stream of lines into sections. */
export class SectionCutter {
  private readonly codec: Codec
  private lines: string[] = []
  private firstPath = ''
  private lastPath = ''

  constructor(codec: Codec) {
    this.codec = codec
  }

  /** Adds a line of the item that the section is of (see `endBefore`); returns the section that it completes. */
  push(path: string, line: string): CutSection | null {
    if (this.lines.length === 0) this.firstPath = path
    this.lines.push(line)
    this.lastPath = path
    return endsSection(path) || this.lines.length >= MAX_LINES ? this.take() : null
  }

  /** The last, unfinished section; null when there is none. */
  take(): CutSection | null {
    if (this.lines.length === 0) return null
    const raw = Buffer.from(`${this.lines.join('\n')}\n`)
    const section = { id: this.codec.frameId(raw), raw, entries: this.lines.length, firstPath: this.firstPath }
    this.lines = []
    return section
  }

  /** Ends the section of the item before, when `path` starts another item; else null. */
  endBefore(path: string): CutSection | null {
    return this.lines.length > 0 && topName(path) !== topName(this.lastPath) ? this.take() : null
  }

  /** True when the next line starts a section of its own. */
  get atCut(): boolean {
    return this.lines.length === 0
  }
}

export interface CutSection extends SectionRef {
  raw: Buffer
}

/** The archive that a backup builds on: its lines by number, read section by section and only when somebody asks. */
import { AppError } from '#lib/base/errors.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { SectionRef } from '../repository/section.ts'

/** Sections kept at a time; the walk and the lines that still wait for their files are rarely further apart. */
const KEPT_SECTIONS = 64

/** A section of that archive could not be read; `cause` says why. The backup goes on without it. */
export class PriorUnreadable extends Error {}

export class PriorArchive {
  readonly sections: readonly SectionRef[]
  /** Number of lines. */
  readonly count: number
  private readonly repository: Pick<Repository, 'readSection'>
  /** Number of each section's first line, and last the count. */
  private readonly starts: Float64Array
  private readonly kept = new Map<number, string[]>()

  /** Null stands for an empty archive. */
  constructor(repository: Pick<Repository, 'readSection'>, manifest: Pick<Manifest, 'sections'> | null) {
    this.repository = repository
    this.sections = manifest?.sections ?? []
    this.starts = new Float64Array(this.sections.length + 1)
    for (const [i, section] of this.sections.entries()) this.starts[i + 1] = this.starts[i]! + section.entries
    this.count = this.starts[this.sections.length]!
  }

  /** The section that holds a line. */
  sectionOf(n: number): number {
    let low = 0
    let high = this.sections.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.starts[middle]! <= n) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Number of a section's first line. */
  firstOf(section: number): number {
    return this.starts[section]!
  }

  /** Number after a section's last line. */
  endOf(section: number): number {
    return this.starts[section + 1]!
  }

  /** The line when its section is at hand, else null: then `load` it. */
  lineAtHand(n: number): string | null {
    const section = this.sectionOf(n)
    return this.kept.get(section)?.[n - this.starts[section]!] ?? null
  }

  /** The line, its section read if need be; throws `PriorUnreadable`. */
  async line(n: number): Promise<string> {
    return this.lineAtHand(n) ?? (await this.load(n))
  }

  private async load(n: number): Promise<string> {
    const section = this.sectionOf(n)
    const ref = this.sections[section]!
    let lines: string[]
    try {
      lines = await this.repository.readSection(ref.id)
    } catch (cause) {
      if (cause instanceof AppError && UNREADABLE.has(cause.code)) throw new PriorUnreadable(cause.message, { cause })
      throw cause
    }
    if (lines.length !== ref.entries) throw new PriorUnreadable(`Section ${ref.id} has ${lines.length} lines, not ${ref.entries}.`)
    this.kept.set(section, lines)
    if (this.kept.size > KEPT_SECTIONS) this.kept.delete(this.kept.keys().next().value!)
    return lines[n - this.starts[section]!]!
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['frame_missing', 'frame_damaged', 'repository_damaged', 'object_missing'])

/** The path at the end of a line. */
export const pathOfLine = (line: string): string => line.slice(line.lastIndexOf('\t') + 1)

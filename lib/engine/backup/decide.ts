/**
 * One pass over three streams in the same order (the walk, the lines of the archive before, its stamps): what is unchanged, what has to be read, what
 * is gone. Where stamp and disk agree nothing else is looked at, so a backup of an unchanged workspace reads no line of the archive before.
 */
import { comparePaths } from '#lib/base/path-text.ts'
import type { WalkEntry } from '../workspace/walk.ts'
import { type PriorArchive, pathOfLine } from './prior-archive.ts'
import { isFileUnchanged, isNodeUnchanged, isOfPath, type StampViews } from './stamp.ts'

export type Decision =
  /** Line `n` of the archive before still says it. */
  | { kind: 'keep'; n: number }
  /** Content has to be read. `n` is the line this path had, of a file or not; null when it is new. */
  | { kind: 'read'; n: number | null }
  /** A folder or symbolic link that is new or has other attributes. */
  | { kind: 'describe'; n: number | null }

export interface DecideInput {
  prior: PriorArchive
  /** Stamps of exactly `prior`; null: nothing is kept without being looked at. */
  stamps: StampViews | null
  /** Keys of items whose files are always read. */
  alwaysRead: ReadonlySet<string>
  /** Read every file. */
  rescan: boolean
  /** A line may be kept only when this says so, e.g. after a pack vanished. */
  mayKeep?: ((line: string) => boolean) | undefined
  onRemoved?: ((line: string) => void) | undefined
}

/** Decides entry by entry; call it in walk order, and `finish` at the end. */
export class Decider {
  private readonly input: DecideInput
  /** The next line of the archive before. */
  private next = 0

  constructor(input: DecideInput) {
    this.input = input
  }

  /** A promise only when lines have to be read. */
  decide(live: WalkEntry): Decision | Promise<Decision> {
    const { prior, stamps } = this.input
    if (this.next >= prior.count) return this.judge(live, null)
    if (stamps && isOfPath(stamps, this.next, live.path)) return this.judge(live, this.next++)
    return this.search(live)
  }

  /** What is left of the archive before is gone. */
  async finish(): Promise<void> {
    if (!this.input.onRemoved) return
    for (; this.next < this.input.prior.count; this.next++) this.input.onRemoved(await this.input.prior.line(this.next))
  }

  private async search(live: WalkEntry): Promise<Decision> {
    const { prior, onRemoved } = this.input
    for (; this.next < prior.count; this.next++) {
      const line = prior.lineAtHand(this.next) ?? (await prior.line(this.next))
      const order = comparePaths(pathOfLine(line), live.path)
      if (order === 0) return this.judge(live, this.next++)
      if (order > 0) break
      onRemoved?.(line)
    }
    return this.judge(live, null)
  }

  private judge(live: WalkEntry, n: number | null): Decision | Promise<Decision> {
    const otherwise: Decision = { kind: live.type === 'file' ? 'read' : 'describe', n }
    if (n === null || !this.isUnchanged(live, n)) return otherwise
    const { prior, mayKeep } = this.input
    if (!mayKeep) return { kind: 'keep', n }
    return prior.line(n).then((line) => (mayKeep(line) ? { kind: 'keep', n } : otherwise))
  }

  private isUnchanged(live: WalkEntry, n: number): boolean {
    const { stamps, rescan, alwaysRead } = this.input
    const stat = live.stat!
    if (!stamps) return false
    if (live.type === 'dir' || live.type === 'symlink') return isNodeUnchanged(stamps, n, live.type, live.linkTarget, stat)
    return !rescan && stat.nlink === 1 && !alwaysRead.has(live.itemKey) && isFileUnchanged(stamps, n, stat)
  }
}

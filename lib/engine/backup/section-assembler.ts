/**
 * Lines → sections of the new manifest. A run of unchanged lines that is a whole section of the previous archive, and starts where a section
 * starts here, is taken over by its id: no text is made and nothing is hashed.
 */
import { compressFrame } from '../repository/frame.ts'
import type { PackWriter } from '../repository/pack.ts'
import { type CutSection, endsSection, MAX_LINES, SectionCutter, type SectionRef, topName } from '../repository/section.ts'
import type { PriorLine } from './prior-lines.ts'

export class SectionAssembler {
  readonly sections: SectionRef[] = []
  private readonly cutter = new SectionCutter()
  private readonly packs: PackWriter
  /** Unchanged lines of one previous section, from its first on. */
  private run: PriorLine[] = []

  constructor(packs: PackWriter) {
    this.packs = packs
  }

  /** The next entry's line is the one it had. */
  async keep(prior: PriorLine): Promise<void> {
    const continues = this.run.length > 0 && this.run[0]!.section === prior.section && !this.isWhole()
    if (!continues) {
      await this.settleRun(prior.path)
      await this.store(this.cutter.endBefore(prior.path))
    }
    if (continues || (prior.isFirst && this.cutter.atCut)) this.run.push(prior)
    else await this.push(prior.path, prior.line)
  }

  /** The next entry has a new line. */
  async put(path: string, line: string): Promise<void> {
    await this.settleRun(path)
    await this.push(path, line)
  }

  /** Ends the manifest's list of sections. */
  async finish(): Promise<SectionRef[]> {
    await this.settleRun(null)
    await this.store(this.cutter.take())
    return this.sections
  }

  private isWhole(): boolean {
    return this.run.at(-1)?.isLast === true
  }

  /** Takes a whole run over, or gives its lines to the cutter. `nextPath` is null at the end of the archive. */
  private async settleRun(nextPath: string | null): Promise<void> {
    const run = this.run
    if (run.length === 0) return
    this.run = []
    const last = run.at(-1)!
    // A section that ended only because its item ended is whole only if the item ends here, too.
    const endsHere = endsSection(last.path) || run.length >= MAX_LINES || nextPath === null || topName(nextPath) !== topName(last.path)
    if (last.isLast && endsHere) this.sections.push(last.section)
    else for (const prior of run) await this.push(prior.path, prior.line)
  }

  private async push(path: string, line: string): Promise<void> {
    await this.store(this.cutter.endBefore(path))
    await this.store(this.cutter.push(path, line))
  }

  private async store(cut: CutSection | null): Promise<void> {
    if (cut === null) return
    if (!this.packs.has(cut.id)) await this.packs.add(cut.id, compressFrame(cut.raw, 3), cut.raw.length)
    this.sections.push({ id: cut.id, entries: cut.entries, firstPath: cut.firstPath })
  }
}

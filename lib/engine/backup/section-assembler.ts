/**
 * Lines → sections of the new manifest. A run of unchanged lines that is a whole section of the archive before, and starts where a section starts
 * here, is taken over by its id: no text is made and nothing is hashed, and mostly not even read.
 */
import type { Codec } from '../repository/codec.ts'
import { compressFrame } from '../repository/frame.ts'
import type { PackWriter } from '../repository/pack-writer.ts'
import { type CutSection, endsSection, MAX_LINES, SECTION_LEVEL, SectionCutter, type SectionRef, topName } from '../repository/section.ts'
import { type PriorArchive, pathOfLine } from './prior-archive.ts'

export class SectionAssembler {
  readonly sections: SectionRef[] = []
  private readonly cutter: SectionCutter
  private readonly prior: PriorArchive
  private readonly openPacks: () => Promise<PackWriter>
  private packs: PackWriter | null = null
  /** Unchanged lines of one section, from its first up to (not including) `end`. */
  private run: { section: number; end: number } | null = null

  constructor(codec: Codec, prior: PriorArchive, openPacks: () => Promise<PackWriter>) {
    this.cutter = new SectionCutter(codec)
    this.prior = prior
    this.openPacks = openPacks
  }

  /** The next entries have lines `from` up to (not including) `to` of the archive before. */
  async keep(from: number, to: number): Promise<void> {
    for (let n = from; n < to; ) {
      const section = this.prior.sectionOf(n)
      const end = Math.min(to, this.prior.endOf(section))
      await this.keepWithin(section, n, end)
      n = end
    }
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

  private async keepWithin(section: number, from: number, to: number): Promise<void> {
    const run = this.run
    if (run?.section === section && run.end === from) {
      run.end = to
      return
    }
    const isFirst = from === this.prior.firstOf(section)
    // The section before, whole, and this one follow each other as they did: that cut is where it was.
    if (run && isFirst && run.section === section - 1 && run.end === from) {
      this.sections.push(this.prior.sections[run.section]!)
      this.run = { section, end: to }
      return
    }
    if (run || !this.cutter.atCut) {
      const path = pathOfLine(await this.prior.line(from))
      await this.settleRun(path)
      await this.store(this.cutter.endBefore(path))
    }
    if (isFirst && this.cutter.atCut) this.run = { section, end: to }
    else await this.pushLines(from, to)
  }

  /** Takes a whole run over, or gives its lines to the cutter. `nextPath` is null at the end of the archive. */
  private async settleRun(nextPath: string | null): Promise<void> {
    const run = this.run
    if (run === null) return
    this.run = null
    const isWhole = run.end === this.prior.endOf(run.section)
    if (isWhole && (await this.endsAlike(run.section, nextPath))) this.sections.push(this.prior.sections[run.section]!)
    else await this.pushLines(this.prior.firstOf(run.section), run.end)
  }

  /** A section that ended only because its item, or the archive, ended is whole only if that ends here, too. */
  private async endsAlike(section: number, nextPath: string | null): Promise<boolean> {
    if (nextPath === null || this.prior.sections[section]!.entries >= MAX_LINES) return true
    const lastPath = pathOfLine(await this.prior.line(this.prior.endOf(section) - 1))
    return endsSection(lastPath) || topName(nextPath) !== topName(lastPath)
  }

  private async pushLines(from: number, to: number): Promise<void> {
    for (let n = from; n < to; n++) {
      const line = await this.prior.line(n)
      await this.push(pathOfLine(line), line)
    }
  }

  private async push(path: string, line: string): Promise<void> {
    const before = this.cutter.endBefore(path)
    if (before) await this.store(before)
    const cut = this.cutter.push(path, line)
    if (cut) await this.store(cut)
  }

  private async store(cut: CutSection | null): Promise<void> {
    if (cut === null) return
    this.packs ??= await this.openPacks()
    if (!this.packs.has(cut.id)) this.packs.add(cut.id, compressFrame(cut.raw, SECTION_LEVEL), cut.raw.length)
    this.sections.push({ id: cut.id, entries: cut.entries, firstPath: cut.firstPath })
  }
}

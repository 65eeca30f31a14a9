/**
 * How two archives of a series differ, read from their section lists. A section that both name holds the same lines in
 * both, so it is never read: the cost follows what changed, not what is there.
 */
import { comparePaths } from '#lib/base/path-text.ts'
import { type Entry, parseEntryLine } from '../entry.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { SectionRef } from '../repository/section.ts'

/** A path whose lines differ; null on the side that does not have it. */
export interface EntryDelta {
  path: string
  before: Entry | null
  after: Entry | null
}

/**
 * Every path whose manifest lines differ between two archives, in archive order; all of `next` when there is no `prior`. The archives may lie in
 * two repositories: sections are named by what they hold. Pairs of lines of one path that `isPassedOver` are left out, unparsed.
 */
export async function* deltaOf(
  repository: Pick<Repository, 'readSection'>,
  prior: Pick<Manifest, 'sections'> | null,
  next: Pick<Manifest, 'sections'>,
  priorRepository: Pick<Repository, 'readSection'> = repository,
  isPassedOver: (before: string, after: string) => boolean = () => false,
): AsyncGenerator<EntryDelta> {
  const before = new Lines(priorRepository, without(prior?.sections ?? [], next.sections))
  const after = new Lines(repository, without(next.sections, prior?.sections ?? []))
  for (;;) {
    if (before.line === null) await before.load()
    if (after.line === null) await after.load()
    if (before.line === null && after.line === null) return
    if (before.line === after.line) {
      before.step()
      after.step()
      continue
    }
    const order = before.line === null ? 1 : after.line === null ? -1 : comparePaths(before.path, after.path)
    if (order === 0 && isPassedOver(before.line!, after.line!)) {
      before.step()
      after.step()
      continue
    }
    yield {
      path: order > 0 ? after.path : before.path,
      before: order <= 0 ? parseEntryLine(before.line!) : null,
      after: order >= 0 ? parseEntryLine(after.line!) : null,
    }
    if (order <= 0) before.step()
    if (order >= 0) after.step()
  }
}

/** The sections of one list that the other does not name, in their order. */
function without(sections: readonly SectionRef[], others: readonly SectionRef[]): SectionRef[] {
  const known = new Set(others.map((section) => section.id))
  return sections.filter((section) => !known.has(section.id))
}

/** A cursor over the lines of some sections; `line` is null before the next section is loaded, and at the end. */
class Lines {
  line: string | null = null
  readonly #repository: Pick<Repository, 'readSection'>
  readonly #sections: readonly SectionRef[]
  #nextSection = 0
  #lines: string[] = []
  #at = 0

  constructor(repository: Pick<Repository, 'readSection'>, sections: readonly SectionRef[]) {
    this.#repository = repository
    this.#sections = sections
  }

  /** Reads on to the next section that has lines; leaves `line` null at the end of the last one. */
  async load(): Promise<void> {
    while (this.line === null) {
      const section = this.#sections[this.#nextSection]
      if (!section) return
      this.#nextSection++
      this.#lines = await this.#repository.readSection(section.id)
      this.#at = 0
      this.#take()
    }
  }

  step(): void {
    this.#at++
    this.#take()
  }

  /** Of the line, which must be there. */
  get path(): string {
    return this.line!.slice(this.line!.lastIndexOf('\t') + 1)
  }

  #take(): void {
    this.line = this.#lines[this.#at] ?? null
  }
}

/**
 * How two archives of a series differ, read from their section lists. A section that both name holds the same lines in
 * both, so it is never read: the cost follows what changed, not what is there.
 */
import { comparePaths } from '#lib/base/path-text.ts'
import { type Entry, parseEntryLine } from '../entry.ts'
import { sameRoom } from '../repository/frame.ts'
import type { Manifest } from '../repository/manifest.ts'
import { linesOf, type Repository } from '../repository/repository.ts'
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
  repository: Pick<Repository, 'readSectionBytes'>,
  prior: Pick<Manifest, 'sections'> | null,
  next: Pick<Manifest, 'sections'>,
  priorRepository: Pick<Repository, 'readSectionBytes'> = repository,
  isPassedOver: (before: string, after: string) => boolean = () => false,
): AsyncGenerator<EntryDelta> {
  const [gone, come] = differentSections(prior, next)
  const before = new Lines(priorRepository, gone)
  const after = new Lines(repository, come)
  for (;;) {
    if (before.line === null && after.line === null) await loadBoth(before, after)
    else if (before.line === null) await before.load()
    else if (after.line === null) await after.load()
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

/** Where both begin a section, what these begin and end with alike is no difference: it is left out before it becomes lines. */
async function loadBoth(before: Lines, after: Lines): Promise<void> {
  while (before.line === null && after.line === null) {
    const [a, b] = [await before.next(), await after.next()]
    if (a === null && b === null) return
    const { from, toA, toB } = a === null || b === null ? { from: 0, toA: a?.length ?? 0, toB: b?.length ?? 0 } : differentPart(a, b)
    if (a !== null) before.take(linesOf(a.subarray(from, toA)))
    if (b !== null) after.take(linesOf(b.subarray(from, toB)))
  }
}

/** What is between the whole lines that two sections begin and end with alike. */
function differentPart(a: Buffer, b: Buffer): { from: number; toA: number; toB: number } {
  const shorter = Math.min(a.length, b.length)
  const alike = longest(shorter, (length) => a.compare(b, 0, length, 0, length) === 0)
  const from = alike === 0 ? 0 : a.lastIndexOf(NEWLINE, alike - 1) + 1
  const left = shorter - from
  const tail = longest(left, (length) => a.compare(b, b.length - length, b.length, a.length - length, a.length) === 0)
  // The first of these lines may be alike only in its end.
  const start = a.indexOf(NEWLINE, a.length - tail)
  const same = tail === 0 || start === -1 ? 0 : a.length - start - 1
  return { from, toA: a.length - same, toB: b.length - same }
}

const NEWLINE = 0x0a

/** The greatest length up to `most` for which it holds; it holds for all shorter ones then. */
function longest(most: number, holds: (length: number) => boolean): number {
  let known = 0
  let open = most
  while (known < open) {
    const middle = Math.ceil((known + open) / 2)
    if (holds(middle)) known = middle
    else open = middle - 1
  }
  return known
}

/** The sections that only one of two archives has, of each in its order: what `deltaOf` reads. */
export function differentSections(
  prior: Pick<Manifest, 'sections'> | null,
  next: Pick<Manifest, 'sections'>,
): [SectionRef[], SectionRef[]] {
  const before = prior?.sections ?? []
  return [without(before, next.sections), without(next.sections, before)]
}

/** The sections of one list that the other does not name, in their order. */
function without(sections: readonly SectionRef[], others: readonly SectionRef[]): SectionRef[] {
  const known = new Set(others.map((section) => section.id))
  return sections.filter((section) => !known.has(section.id))
}

/** A cursor over the lines of some sections; `line` is null before the next section is loaded, and at the end. */
class Lines {
  line: string | null = null
  readonly #repository: Pick<Repository, 'readSectionBytes'>
  readonly #sections: readonly SectionRef[]
  // Each is made lines, which are text of their own, before the next is read.
  readonly #room = sameRoom()
  #nextSection = 0
  #lines: string[] = []
  #at = 0

  constructor(repository: Pick<Repository, 'readSectionBytes'>, sections: readonly SectionRef[]) {
    this.#repository = repository
    this.#sections = sections
  }

  /** Reads on to the next section that has lines; leaves `line` null at the end of the last one. */
  async load(): Promise<void> {
    while (this.line === null) {
      const section = await this.next()
      if (section === null) return
      this.take(linesOf(section))
    }
  }

  /** The next section as it is stored, until the one after it is asked for; null after the last one. */
  async next(): Promise<Buffer | null> {
    const section = this.#sections[this.#nextSection]
    if (!section) return null
    this.#nextSection++
    return this.#repository.readSectionBytes(section.id, this.#room)
  }

  /** Goes on with these lines. */
  take(lines: string[]): void {
    this.#lines = lines
    this.#at = 0
    this.#take()
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

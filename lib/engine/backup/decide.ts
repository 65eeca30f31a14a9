/**
 * One pass over three streams in the same order (the walk, the previous archive's lines, the stat cache): what is unchanged, what has to be
 * read, what is gone. Nothing is kept in memory but the current entry of each.
 */

import { comparePaths } from '#lib/base/path-text.ts'
import { mtimesEqual } from '../entry.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { WalkEntry } from '../workspace/walk.ts'
import { attributesOf, type PriorLine, priorLines } from './prior-lines.ts'
import type { StatCache } from './stat-cache.ts'

export type Decision =
  /** The previous line still says it. */
  | { kind: 'unchanged'; live: WalkEntry; prior: PriorLine }
  /** Content has to be read; `prior` is the line it had before, of a file or not. */
  | { kind: 'read'; live: WalkEntry; prior: PriorLine | null }
  /** A folder or symbolic link that is new or has other attributes. */
  | { kind: 'describe'; live: WalkEntry; prior: PriorLine | null }
  | { kind: 'removed'; prior: PriorLine }
  | { kind: 'problem'; finding: Finding }

export interface DecideInput {
  repository: Repository
  prior: Manifest | null
  walk: Iterable<WalkEntry>
  stamps: StatCache | null
  /** Keys of items whose files are always read. */
  alwaysRead: ReadonlySet<string>
  rescan: boolean
}

/** Decisions in archive order. */
export async function* decide(input: DecideInput): AsyncGenerator<Decision> {
  const lines = priorLines(input.repository, input.prior)
  let prior = await nextLine(lines)
  for (const live of input.walk) {
    if (live.problem) yield { kind: 'problem', finding: live.problem }
    if (live.type === 'other' || live.stat === null) continue
    while (prior && comparePaths(prior.path, live.path) < 0) {
      yield { kind: 'removed', prior }
      prior = await nextLine(lines)
    }
    const same: PriorLine | null = prior?.path === live.path ? prior : null
    yield decideOne(live, same, input)
    if (same) prior = await nextLine(lines)
  }
  while (prior) {
    yield { kind: 'removed', prior }
    prior = await nextLine(lines)
  }
}

async function nextLine(lines: AsyncGenerator<PriorLine>): Promise<PriorLine | null> {
  const next = await lines.next()
  return next.done ? null : next.value
}

function decideOne(live: WalkEntry, prior: PriorLine | null, input: DecideInput): Decision {
  const stat = live.stat!
  if (live.type !== 'file') {
    const letter = live.type === 'dir' ? 'd' : 'l'
    const isSame = prior?.type === letter && hasSameAttributes(live, prior)
    return isSame ? { kind: 'unchanged', live, prior: prior! } : { kind: 'describe', live, prior }
  }
  const mustRead = input.rescan || stat.nlink > 1 || input.alwaysRead.has(live.itemKey)
  const isSame =
    !mustRead &&
    prior?.type === 'f' &&
    prior.sizeBytes === stat.size &&
    input.stamps?.isUnchanged(prior.n, stat) === true &&
    hasSameAttributes(live, prior)
  return isSame ? { kind: 'unchanged', live, prior: prior! } : { kind: 'read', live, prior }
}

function hasSameAttributes(live: WalkEntry, prior: PriorLine): boolean {
  const before = attributesOf(prior.line)
  const stat = live.stat!
  return (
    mtimesEqual(before.mtimeNs, stat.mtimeNs) &&
    before.mode === stat.mode &&
    before.uid === stat.uid &&
    before.gid === stat.gid &&
    (live.type !== 'symlink' || before.linkTarget === live.linkTarget)
  )
}

/** What changed on disk since an archive, by stat alone: the decisions of the next backup, counted. Nothing is opened. */

import { decide } from '../backup/decide.ts'
import { attributesOf, type PriorLine } from '../backup/prior-lines.ts'
import { readStatCache } from '../backup/stat-cache.ts'
import { mtimesEqual } from '../entry.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { topName } from '../repository/section.ts'
import type { ResolvedItem } from '../workspace/resolved-item.ts'
import { type WalkEntry, walkItems } from '../workspace/walk.ts'

export interface ItemChanges {
  key: string
  label: string
  importance: ResolvedItem['importance']
  /** Files. */
  added: number
  changed: number
  removed: number
  /** Bytes of added and changed files. */
  changedBytes: number
}

export interface CountChangesInput {
  repository: Repository
  /** The archive to compare with; null = everything is new. */
  prior: Manifest | null
  items: readonly ResolvedItem[]
  statCachePath: string
  signal?: AbortSignal
}

/** Changes per item, and what could not be looked at. */
export async function countChanges(input: CountChangesInput): Promise<{ items: ItemChanges[]; problems: Finding[] }> {
  const counts = new Map(
    input.items.map(({ key, label, importance }) => [key, { key, label, importance, added: 0, changed: 0, removed: 0, changedBytes: 0 }]),
  )
  const keyOfName = new Map(
    (input.prior?.items ?? []).filter(({ archiveName }) => archiveName !== null).map(({ archiveName, key }) => [archiveName!, key]),
  )
  const problems: Finding[] = []
  const decisions = decide({
    repository: input.repository,
    prior: input.prior,
    walk: walkItems(input.items),
    stamps: readStatCache(input.statCachePath, input.prior?.id ?? null),
    alwaysRead: new Set(),
    rescan: false,
  })
  for await (const decision of decisions) {
    input.signal?.throwIfAborted()
    if (decision.kind === 'problem') problems.push(decision.finding)
    else if (decision.kind === 'removed') {
      const count = counts.get(keyOfName.get(topName(decision.prior.path)) ?? '')
      if (count && isFile(decision.prior.type)) count.removed++
    } else if (decision.kind === 'read') {
      const count = counts.get(decision.live.itemKey)
      if (!count || isSameBySize(decision.live, decision.prior)) continue
      if (decision.prior === null) count.added++
      else count.changed++
      count.changedBytes += decision.live.stat!.size
    }
  }
  return { items: [...counts.values()], problems }
}

const isFile = (letter: string) => letter === 'f' || letter === 'h'

/** Without a settled stamp, equal size and time still are the best that a stat can say. */
function isSameBySize(live: WalkEntry, prior: PriorLine | null): boolean {
  if (prior === null || !isFile(prior.type)) return false
  return (prior.type === 'h' || prior.sizeBytes === live.stat!.size) && mtimesEqual(attributesOf(prior.line).mtimeNs, live.stat!.mtimeNs)
}

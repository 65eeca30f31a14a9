import type { Finding } from '../finding.ts'
import { type WalkItem, walkItems } from '../workspace/walk.ts'
import { FileGroups, type GroupTotals, groupNameOf } from './file-groups.ts'

/** What an item takes on disk, by what belongs together. */
export interface AreaMeasure {
  bytes: number
  files: number
  groups: GroupTotals[]
  /** The first few that could not be looked at. */
  problems: Finding[]
}

const MOST_PROBLEMS = 20

/** Measures an existing item by a walk that opens nothing; content with several names is counted once. */
export function measureArea(item: WalkItem, signal?: AbortSignal): AreaMeasure {
  const measure: AreaMeasure = { bytes: 0, files: 0, groups: [], problems: [] }
  const groups = new FileGroups<GroupTotals>(
    (name) => ({ name, files: 0, bytes: 0, isRest: false }),
    (into, from) => {
      into.files += from.files
      into.bytes += from.bytes
    },
  )
  const counted = new Set<string>()
  for (const { path, type, stat, problem } of walkItems([item])) {
    signal?.throwIfAborted()
    if (problem !== null && problem.severity !== 'info' && measure.problems.length < MOST_PROBLEMS) measure.problems.push(problem)
    if (type !== 'file' || stat === null) continue
    const identity = `${stat.dev}:${stat.ino}`
    const bytes = counted.has(identity) ? 0 : stat.size
    if (stat.nlink > 1) counted.add(identity)
    const group = groups.of(groupNameOf(path, item.archiveName!))
    group.files++
    group.bytes += bytes
    measure.files++
    measure.bytes += bytes
  }
  measure.groups = groups.list()
  return measure
}

/**
 * What has to be written to a copy, as a pure function of listings and of the packs that archives lack. The order keeps the invariant of every copy: a listed
 * archive is fully readable. So packs come before indexes, both before marks, and the manifest last of all.
 */
import type { ArchiveId } from '#lib/base/ids.ts'
import { manifestName } from '../repository/manifest.ts'
import { indexNameOf } from '../repository/pack.ts'
import { HEAD_OBJECTS, isPack, type Listing, marksIn, OWNER_NAME } from './object-names.ts'

/** One object to write. */
export interface PutStep {
  /** On the copy. */
  name: string
  /** On the host. */
  from: string
  sizeBytes: number
  /** Something damaged lies there under this name. */
  replaces: boolean
}

/** What an archive needs on the copy that is not there; without a manifest it is listed there already. */
export interface ArchiveSteps {
  archiveId: ArchiveId
  packs: PutStep[]
  indexes: PutStep[]
  marks: PutStep[]
  manifest: PutStep | null
}

export interface SyncPlan {
  /** Keys of a sealed repository, and what stands at the top of it. */
  keys: PutStep[]
  /** Packs that archives on the copy lack, and indexes that are missing there. */
  repairs: PutStep[]
  /** In the order in which they are copied. */
  archives: ArchiveSteps[]
  system: PutStep[]
  /** Objects of the host's own, such as old copies of the console, that it has no more, and key slots that were revoked. */
  stale: string[]
  objects: number
  bytes: number
}

export interface PlanSyncInput {
  /** Objects of the host by their names on the copy, and where they lie there. */
  onHost: ReadonlyMap<string, { from: string; sizeBytes: number }>
  copy: Listing
  damaged: ReadonlySet<string>
  /** Archives that are to be copied, in this order, and the packs that each lacks. */
  wanted: readonly { archiveId: ArchiveId; packs: readonly string[] }[]
  /** Archives that are on the copy and stay there: only their marks are looked at. */
  staying: readonly ArchiveId[]
  /** Packs that archives on the copy lack. */
  lacking: readonly string[]
  /** Key slots that were revoked on the host. */
  revoked: ReadonlySet<string>
}

/** The plan. What the host does not have cannot be in it. */
export function planSync({ onHost, copy, damaged, wanted, staying, lacking, revoked }: PlanSyncInput): SyncPlan {
  const planned = new Set<string>()
  const steps = (names: Iterable<string>): PutStep[] => {
    const made: PutStep[] = []
    for (const name of names) {
      const source = onHost.get(name)
      const isThere = copy.has(name) && !damaged.has(name)
      if (!source || isThere || planned.has(name)) continue
      planned.add(name)
      made.push({ name, ...source, replaces: copy.has(name) })
    }
    return made
  }
  const marks = marksIn(new Map([...onHost].map(([name, { sizeBytes }]) => [name, sizeBytes])))
  const withIndexes = (packs: readonly string[]) => [...steps(packs), ...steps(packs.map(indexNameOf))]
  const keys = steps([...namesBelow(onHost.keys(), 'keys/'), ...HEAD_OBJECTS])
  const repairs = withIndexes(lacking)
  repairs.push(...steps([...copy.keys()].filter(isPack).map(indexNameOf)))
  const archives = wanted.map(({ archiveId, packs }): ArchiveSteps => {
    const objects = { packs: smallestFirst(steps(packs)), indexes: steps(packs.map(indexNameOf)), marks: steps(marks.get(archiveId) ?? []) }
    return { archiveId, ...objects, manifest: steps([manifestName(archiveId)])[0] ?? null }
  })
  for (const archiveId of staying) {
    const more = steps([...(marks.get(archiveId) ?? []), ...(damaged.has(manifestName(archiveId)) ? [manifestName(archiveId)] : [])])
    const isManifest = ({ name }: PutStep) => name.startsWith('manifests/')
    if (more.length > 0)
      archives.push({
        archiveId,
        packs: [],
        indexes: [],
        marks: more.filter((step) => !isManifest(step)),
        manifest: more.find(isManifest) ?? null,
      })
  }
  const system = steps(newestSystem(onHost))
  const isStale = (name: string) => (name.startsWith('system/') && name !== OWNER_NAME) || revoked.has(name)
  const stale = [...copy.keys()].filter((name) => isStale(name) && !onHost.has(name))
  const all = [...keys, ...repairs, ...system, ...archives.flatMap(stepsOf)]
  return { keys, repairs, archives, system, stale, objects: all.length, bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
}

/** A pack is summed up before it is sent: the smallest is on its way soonest, and the others are summed up meanwhile. */
function smallestFirst(packs: PutStep[]): PutStep[] {
  if (packs.length === 0) return packs
  const smallest = packs.reduce((least, pack) => (pack.sizeBytes < least.sizeBytes ? pack : least))
  return [smallest, ...packs.filter((pack) => pack !== smallest)]
}

/** The steps of an archive in their order. */
export const stepsOf = ({ packs, indexes, marks, manifest }: ArchiveSteps): PutStep[] => [
  ...packs,
  ...indexes,
  ...marks,
  ...(manifest ? [manifest] : []),
]

function* namesBelow(names: Iterable<string>, folder: string): Generator<string> {
  for (const name of names) if (name.startsWith(folder)) yield name
}

/** Everything below `system/`, but of the copies of each console only the newest: the host keeps a few of them, made hourly. */
function newestSystem(onHost: PlanSyncInput['onHost']): string[] {
  const newest = new Map<string, string>()
  const others: string[] = []
  for (const name of namesBelow(onHost.keys(), 'system/')) {
    const console = /^system\/console\/([^/]+)\//.exec(name)?.[1]
    if (console === undefined) others.push(name)
    else if (name > (newest.get(console) ?? '')) newest.set(console, name)
  }
  return [...others, ...newest.values()].filter((name) => name !== OWNER_NAME)
}

/** What a backup has to know of the archives before it: the series' newest, numbers that are taken, and what can be trusted to compare with. */
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, SeriesId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import { suspicionOf } from '../repository/mark.ts'
import { readNumbersGiven } from '../repository/numbers-given.ts'
import type { Repository } from '../repository/repository.ts'
import { SUSPECT_CODES } from '../workspace/state-baseline.ts'
import type { KnownArchives } from './stat-cache.ts'

export interface SeriesHistory {
  /** The archive of the series with the highest number that can be read. */
  newest: Manifest | null
  /** The highest number that the series may have given out, archives in the trash and unreadable ones included. */
  highestNumber: number
  /** Every archive that can be read, of any series. */
  archives: KnownArchives
  findings: Finding[]
}

/** Looks through the repository's manifests; those in `known` are immutable and not read again. Under the writer's lease. */
export async function readSeriesHistory(repository: Repository, series: SeriesId, known: KnownArchives): Promise<SeriesHistory> {
  const history: SeriesHistory = { newest: null, highestNumber: 0, archives: {}, findings: [] }
  let unreadable = 0
  for (const id of await repository.listArchives()) {
    const archive = known[id] ?? (await seriesAndNumber(repository, id, history))
    if (archive === null) unreadable++
    else history.archives[id] = archive
  }
  const ofSeries = Object.entries(history.archives).filter(([, archive]) => archive[0] === series)
  for (const [id] of ofSeries.sort(([, a], [, b]) => b[1] - a[1])) {
    history.newest = await readIfWhole(repository, id as ArchiveId, history)
    if (history.newest) break
  }
  const taken = [...Object.values(known), ...Object.values(history.archives), ...(await trashedArchives(repository, known))]
  // An unreadable manifest may be of this series, and may come back from a copy of the repository.
  history.highestNumber = taken.reduce((highest, [of, number]) => (of === series ? Math.max(highest, number) : highest), 0) + unreadable
  return history
}

async function seriesAndNumber(repository: Repository, id: ArchiveId, history: SeriesHistory): Promise<KnownArchives[string] | null> {
  const manifest = await readIfWhole(repository, id, history)
  return manifest && [manifest.series, manifest.seriesNumber]
}

async function readIfWhole(repository: Repository, id: ArchiveId, history: SeriesHistory): Promise<Manifest | null> {
  try {
    return await repository.readManifest(id)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    history.findings.push({ severity: 'warning', code: 'manifest_unreadable', path: id, message: error.message })
    return null
  }
}

/** A forgotten archive may be taken back, and one that was pruned must not come to share its number: both keep theirs. */
async function trashedArchives(repository: Repository, known: KnownArchives): Promise<KnownArchives[string][]> {
  const archives: KnownArchives[string][] = await readNumbersGiven(repository.objects)
  for (const id of await repository.listTrashed()) {
    if (id in known) continue
    try {
      const { series, seriesNumber } = await repository.readManifest(id)
      archives.push([series, seriesNumber])
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }
  return archives
}

/** Suspect archives in a row that are looked behind. */
const MOST_ANCESTORS = 400

/**
 * The newest archive from `manifest` backwards that is not suspect, or was accepted: against a suspect one its own loss would look normal, and
 * the second archive of a state that was reset would pass as good. Null when there is none within reach.
 */
export async function newestTrusted(repository: Repository, manifest: Manifest | null): Promise<Manifest | null> {
  let archive = manifest
  for (let steps = 0; archive !== null && steps < MOST_ANCESTORS; steps++) {
    if (await isTrusted(repository, archive)) return archive
    archive = archive.parentId === null ? null : await readIfThere(repository, archive.parentId)
  }
  return null
}

/** Codes of findings that make an archive suspect. */
const SUSPICIONS: ReadonlySet<string> = new Set([...SUSPECT_CODES, 'critical_gone', 'critical_unreadable'])

async function isTrusted(repository: Repository, manifest: Manifest): Promise<boolean> {
  const isFound = manifest.findings.some(({ code }) => SUSPICIONS.has(code))
  try {
    return !(suspicionOf(await repository.marksOf(manifest.id)) ?? isFound)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return !isFound
  }
}

async function readIfThere(repository: Repository, id: ArchiveId): Promise<Manifest | null> {
  try {
    return await repository.readManifest(id)
  } catch (error) {
    // Forgotten or damaged: what came before it is out of reach.
    if (error instanceof AppError) return null
    throw error
  }
}

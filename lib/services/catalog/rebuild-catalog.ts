/**
 * The repository is the truth: the catalog, deleted and made again from manifests and marks, gives equal answers. The new
 * one is filled beside the old one, which stays in use and stays writable; the writer lock is held only at the end, while
 * what was published meanwhile is added and the new content takes the old one's place in one transaction.
 */

import { listKnownArchives, newestOfSeries } from '#db/catalog/queries/find-archive.ts'
import { listMarks } from '#db/catalog/queries/get-archive.ts'
import { openFreshCatalog, removeDatabase, replaceCatalog } from '#db/catalog/replace-catalog.ts'
import { applyMarks, undoUncommitted } from '#db/catalog/tables/archives.ts'
import { withWriterLock } from '#db/catalog/writer-lock.ts'
import type { WritableDb } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { applyManifest, type Prior } from './absorb-archive.ts'
import { markRow } from './manifest-rows.ts'

/** How far a rebuild is; `archivesTotal` null while manifests are still being read. */
export interface RebuildProgress {
  phase: 'reading manifests' | 'absorbing' | 'replacing'
  archivesDone: number
  archivesTotal: number | null
  currentArchive: ArchiveId | null
}

/** What to rebuild from: every repository that the catalog is about. */
export interface RebuildInput {
  repositories: readonly Repository[]
  catalogPath: string
  onProgress?: (progress: RebuildProgress) => void
  signal?: AbortSignal
  /** How long to wait while another process changes the catalog; ten minutes when left out. */
  waitMs?: number
}

/** What a rebuild found; each finding names an archive that could not be taken in, or only without its marks. */
export interface Rebuilt {
  archives: number
  rows: number
  findings: Finding[]
}

interface Listed {
  repository: Repository
  id: ArchiveId
  series: string
  number: number
  createdAtMs: number
}

/** Makes the catalog again. An archive that cannot be read is a finding, and the others are taken in all the same. */
export async function rebuildCatalog(input: RebuildInput): Promise<Rebuilt> {
  const freshPath = `${input.catalogPath}.rebuild`
  // One rebuild at a time: its lock stands for the file that it fills.
  return withWriterLock(
    freshPath,
    async () => {
      const fresh = openFreshCatalog(freshPath)
      try {
        return await new Rebuild(input, fresh.db).run()
      } finally {
        fresh.close()
        removeDatabase(freshPath)
      }
    },
    input,
  )
}

class Rebuild {
  readonly #input: RebuildInput
  readonly #db: WritableDb
  readonly #result: Rebuilt = { archives: 0, rows: 0, findings: [] }
  /** Archives that could not be taken in: not to be tried again, nor reported twice. */
  readonly #lost = new Set<ArchiveId>()
  /** The newest manifest taken in, a series; its sections are what the next one is compared with. */
  readonly #priors = new Map<string, Manifest>()

  constructor(input: RebuildInput, db: WritableDb) {
    this.#input = input
    this.#db = db
  }

  async run(): Promise<Rebuilt> {
    await this.#absorbAll()
    await withWriterLock(
      this.#input.catalogPath,
      async () => {
        await this.#absorbAll()
        await this.#readNewMarks()
        this.#progress('replacing', this.#result.archives, null)
        this.#db.exec(`INSERT INTO path_search (path_search) VALUES ('optimize')`)
        await replaceCatalog(this.#db, this.#input.catalogPath)
      },
      this.#input,
    )
    return this.#result
  }

  /** Takes in every archive that the new catalog does not have yet. */
  async #absorbAll(): Promise<void> {
    const queue = inOrder(await this.#listMissing())
    const total = this.#result.archives + queue.length
    const lastOf = new Map(queue.map((listed) => [listed.series, listed.id]))
    for (const listed of queue) {
      this.#input.signal?.throwIfAborted()
      this.#progress('absorbing', this.#result.archives, listed.id, total)
      await this.#absorb(listed)
      // A manifest of a million entries is megabytes; a series that is done needs none.
      if (lastOf.get(listed.series) === listed.id) this.#priors.delete(listed.series)
    }
  }

  async #listMissing(): Promise<Listed[]> {
    const listed: Listed[] = []
    for (const repository of this.#input.repositories) {
      const known = listKnownArchives(this.#db, repository.id)
      // Forgotten ones, too: what is taken back has to be there.
      for (const id of new Set([...(await repository.listArchives()), ...(await repository.listTrashed())])) {
        if (known.has(id) || this.#lost.has(id)) continue
        this.#input.signal?.throwIfAborted()
        this.#progress('reading manifests', listed.length, id)
        const manifest = await this.#attempt(id, () => repository.readManifest(id))
        if (!manifest) {
          this.#lost.add(id)
          continue
        }
        const { series, seriesNumber, createdAt } = manifest
        listed.push({ repository, id, series, number: seriesNumber, createdAtMs: Date.parse(createdAt) })
      }
    }
    return listed
  }

  async #absorb({ repository, id, series }: Listed): Promise<void> {
    const { signal } = this.#input
    const done = await this.#attempt(id, async () => {
      const manifest = await repository.readManifest(id)
      const prior: Prior = this.#priors.get(series) ?? newestOfSeries(this.#db, series)
      const marks = (await this.#attempt(id, () => repository.marksOf(id))) ?? []
      const ctx = { repository, catalogDb: this.#db, ...(signal ? { signal } : {}) }
      const absorbed = await applyManifest(ctx, manifest, prior, marks.map(markRow))
      this.#priors.set(series, manifest)
      return absorbed
    })
    if (!done) {
      this.#lost.add(id)
      undoUncommitted(this.#db)
      return
    }
    this.#result.archives++
    this.#result.rows += done.rows
  }

  /** Marks are small and may have been added while the new catalog was filled. */
  async #readNewMarks(): Promise<void> {
    for (const repository of this.#input.repositories) {
      for (const id of listKnownArchives(this.#db, repository.id).keys()) {
        const marks = await this.#attempt(id, () => repository.marksOf(id))
        if (marks && marks.length !== listMarks(this.#db, id).length) applyMarks(this.#db, id, marks.map(markRow))
      }
    }
  }

  async #attempt<T>(id: ArchiveId, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (!isAppError(error) || error.code === 'cancelled') throw error
      const finding: Finding = { severity: 'error', code: error.code, path: id, message: error.message }
      if (!this.#result.findings.some((other) => other.path === id && other.message === finding.message))
        this.#result.findings.push(finding)
      return null
    }
  }

  #progress(
    phase: RebuildProgress['phase'],
    archivesDone: number,
    currentArchive: ArchiveId | null,
    archivesTotal: number | null = null,
  ): void {
    this.#input.onProgress?.({ phase, archivesDone, archivesTotal, currentArchive })
  }
}

/**
 * The order in which archives were absorbed as they were taken: by time, and within a series by number whatever the clock
 * said. The order decides nothing but the order of search results.
 */
function inOrder(archives: Listed[]): Listed[] {
  const series = new Map<string, Listed[]>()
  for (const archive of archives) {
    const queue = series.get(archive.series)
    if (queue) queue.push(archive)
    else series.set(archive.series, [archive])
  }
  const ordered: (Listed & { notBeforeMs: number })[] = []
  for (const queue of series.values()) {
    let notBeforeMs = Number.NEGATIVE_INFINITY
    for (const archive of queue.sort((a, b) => a.number - b.number)) {
      notBeforeMs = Math.max(notBeforeMs, archive.createdAtMs)
      ordered.push({ ...archive, notBeforeMs })
    }
  }
  return ordered.sort(
    (a, b) => a.notBeforeMs - b.notBeforeMs || (a.series === b.series ? a.number - b.number : a.series < b.series ? -1 : 1),
  )
}

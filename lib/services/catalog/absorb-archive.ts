/**
 * The catalog follows the repository: an archive is absorbed after its manifest is published, and a catalog that missed one
 * (a crash in between) catches up with the next. Everything it says comes from manifests and marks, so that
 * `rebuildCatalog`, which runs this same code over all of them, gives equal answers.
 */

import { applyArchive } from '#db/catalog/apply-archive.ts'
import type { MarkRow } from '#db/catalog/archive-row.ts'
import type { DeltaRow } from '#db/catalog/entry-row.ts'
import { currentEntries, currentEntry } from '#db/catalog/queries/current-entries.ts'
import { type FoundArchive, findArchive, newestOfSeries } from '#db/catalog/queries/find-archive.ts'
import { applyMarks } from '#db/catalog/tables/archives.ts'
import { asCatalogWriter } from '#db/catalog/writer-lock.ts'
import type { WritableDb } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ChangeCounts } from '#lib/contracts/archive.ts'
import { deltaOf } from '#lib/engine/compare/entry-delta.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { archiveRow, deltaRows, isDifferent, markRow, repositoryRow } from './manifest-rows.ts'

/** What absorbing needs; a service context has it. */
export interface AbsorbContext {
  repository: Repository
  catalogDb: WritableDb
  signal?: AbortSignal
  /** How long to wait while another process changes the catalog; ten minutes when left out. */
  waitMs?: number
}

/** What absorbing did; `isNew` false = it was there already and only its marks were read again. */
export interface Absorbed {
  archiveId: ArchiveId
  isNew: boolean
  /** Files against the archive before it in its series; null for the first, and when it was there already. */
  changes: ChangeCounts | null
  /** Entry rows written or ended. */
  rows: number
}

/** Takes an archive into the catalog, and first those before it in its series that the catalog missed. */
export async function absorbArchive(ctx: AbsorbContext, archiveId: ArchiveId): Promise<Absorbed> {
  return asCatalogWriter(
    ctx.catalogDb,
    async () => {
      if (findArchive(ctx.catalogDb, archiveId)) {
        await absorbMarksNow(ctx, archiveId)
        return { archiveId, isNew: false, changes: null, rows: 0 }
      }
      let absorbed: Absorbed | null = null
      let prior: Manifest | null = null
      for (const manifest of await missingUpTo(ctx, await ctx.repository.readManifest(archiveId))) {
        absorbed = await applyManifest(ctx, manifest, prior ?? (await priorInCatalog(ctx, manifest)), await readMarkRows(ctx, manifest.id))
        prior = manifest
      }
      return absorbed!
    },
    ctx,
  )
}

/** Reads an archive's marks again; false when the catalog does not know the archive. */
export async function absorbMarks(ctx: AbsorbContext, archiveId: ArchiveId): Promise<boolean> {
  return asCatalogWriter(ctx.catalogDb, () => absorbMarksNow(ctx, archiveId), ctx)
}

/** What the catalog's rows of a series say: a manifest that can be read, rows without one, or nothing yet. */
export type Prior = Manifest | FoundArchive | null

/** Applies one manifest on top of its series' rows. Under the writer lock. */
export async function applyManifest(ctx: AbsorbContext, manifest: Manifest, prior: Prior, marks: MarkRow[]): Promise<Absorbed> {
  const { repository, catalogDb, signal } = ctx
  const delta =
    prior === null || 'sections' in prior
      ? deltaRows(deltaOf(repository, prior, manifest))
      : deltaAgainstRows(repository, catalogDb, prior, manifest)
  const { changes, rows } = await applyArchive(catalogDb, {
    repository: repositoryRow(repository),
    archive: archiveRow(manifest),
    marks,
    delta,
    ...(signal ? { signal } : {}),
  })
  return { archiveId: manifest.id, isNew: true, changes, rows }
}

async function absorbMarksNow(ctx: AbsorbContext, archiveId: ArchiveId): Promise<boolean> {
  return applyMarks(ctx.catalogDb, archiveId, await readMarkRows(ctx, archiveId))
}

async function readMarkRows({ repository }: AbsorbContext, archiveId: ArchiveId): Promise<MarkRow[]> {
  return (await repository.marksOf(archiveId)).map(markRow)
}

/** The archive and those between it and the newest of its series that the catalog has, oldest first. */
async function missingUpTo({ repository, catalogDb }: AbsorbContext, manifest: Manifest): Promise<Manifest[]> {
  const missing = [manifest]
  for (let parent = manifest.parentId; parent !== null && !findArchive(catalogDb, parent); ) {
    const before = await readIfThere(repository, parent)
    if (before?.series !== manifest.series) break
    missing.unshift(before)
    parent = before.parentId
  }
  return missing
}

/** What the rows of a manifest's series say now. */
async function priorInCatalog({ repository, catalogDb }: AbsorbContext, manifest: Manifest): Promise<Prior> {
  const newest = newestOfSeries(catalogDb, manifest.series)
  if (newest === null) return null
  return (await readIfThere(repository, newest.id)) ?? newest
}

/** The difference to rows whose manifest is in the trash or damaged: the whole archive is read and looked up. */
async function* deltaAgainstRows(repository: Repository, db: WritableDb, rows: FoundArchive, next: Manifest): AsyncGenerator<DeltaRow> {
  const seen = new Set<number>()
  for await (const { path, after } of deltaOf(repository, null, next)) {
    const standing = currentEntry(db, rows.series, rows.root, path)
    if (standing) seen.add(standing.id)
    const change = { path, before: standing?.entry ?? null, after }
    if (isDifferent(change)) yield change
  }
  for (const { id, entry } of currentEntries(db, rows.series, next.seriesNumber)) {
    if (!seen.has(id)) yield { path: entry.path, before: entry, after: null }
  }
}

async function readIfThere(repository: Repository, id: ArchiveId): Promise<Manifest | null> {
  try {
    return await repository.readManifest(id)
  } catch (error) {
    if (isAppError(error) && (error.code === 'archive_unknown' || error.code === 'repository_damaged')) return null
    throw error
  }
}

import { statfsSync } from 'node:fs'
import { getArchivedStorage } from '#db/catalog/queries/storage.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { Storage } from '#lib/contracts/overview.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { folderSize } from './folder-size.ts'
import { defaultRepository } from './known-repositories.ts'

/** Where archives lie, how much is there and how much room is left. Reads names and sizes only, so the console may call it. */
export function repositoryStats(ctx: ServiceContext, repositoryPath: string = defaultRepository(ctx)): Storage {
  requireRight(ctx, 'list')
  const { bytes, packs } = folderSize(repositoryPath)
  const archived = archivedStorage(ctx, repositoryPath)
  const disk = diskOf(repositoryPath)
  return { repositoryPath, storedBytes: bytes, contentBytes: archived.contentBytes, packs, archives: archived.archives, ...disk }
}

/** Sums over the archives of the workspaces that write there. */
function archivedStorage(ctx: ServiceContext, repositoryPath: string): { archives: number; contentBytes: number } {
  const all = listWorkspaces(ctx.consoleDb)
  const own = all.filter((workspace) => workspace.repositoryPath === repositoryPath)
  try {
    const sums =
      own.length === all.length ? [getArchivedStorage(ctx.catalogDb(), null)] : own.map(({ id }) => getArchivedStorage(ctx.catalogDb(), id))
    return {
      archives: sums.reduce((sum, { archives }) => sum + archives, 0),
      contentBytes: sums.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
    }
  } catch (error) {
    if (isAppError(error) && error.code === 'catalog_missing') return { archives: 0, contentBytes: 0 }
    throw error
  }
}

function diskOf(path: string): { freeBytes: number | null; totalBytes: number | null } {
  try {
    const stats = statfsSync(path)
    return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize }
  } catch {
    return { freeBytes: null, totalBytes: null }
  }
}

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { newestImportSeries } from '#db/catalog/queries/newest-import.ts'
import { getWorkspace, insertWorkspace, requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError, errnoOf, isAppError } from '#lib/base/errors.ts'
import { type ArchiveId, type JobId, newSeriesId, type WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { ImportedFile, ImportReport } from '#lib/contracts/import.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { KnownArchives } from '#lib/engine/backup/stat-cache.ts'
import { type AdoptInto, stampMs } from '#lib/engine/import/adopt.ts'
import { importTar, peekNote } from '#lib/engine/import/import-tar.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import { record, recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { absorbArchive } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { chooseDefaultRepository, defaultRepository } from '../repository/known-repositories.ts'
import { openOrInit } from '../repository/open-or-init.ts'
import { resolveNow } from '../workspaces/resolve.ts'

export interface ImportArchivesInput {
  /** A tar file, or a folder of them. */
  path: string
  /** Files that are no exports are adopted into this workspace. */
  workspaceId?: WorkspaceId | undefined
  waitMs: number
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** Takes exported archives in, and adopts other tar files into a workspace, as a job of this process. A file that is refused does not keep the others out. */
export function importArchives(ctx: ServiceContext, input: ImportArchivesInput): Promise<JobWork<ImportReport>> {
  requireRight(ctx, 'settings')
  const { path, workspaceId, waitMs, signal, command, jobId, onEvent } = input
  const job = { kind: 'import' as const, title: `Import ${path}`, workspace: null, input: { path, workspaceId } }
  return runAsJob(ctx, { ...job, command, jobId, signal, onEvent }, async (reporter) => {
    const files = inTimeOrder(tarFilesAt(path), workspaceId ? requireWorkspace(ctx.consoleDb, workspaceId).timeZone : 'UTC')
    const known: KnownArchives = {}
    const imported: ImportedFile[] = []
    const refused: ImportReport['refused'] = []
    const findings: Finding[] = []
    for (const file of files) {
      try {
        const one = await importWithin(ctx, { path: file, workspaceId, waitMs, signal, known }, reporter)
        imported.push(one.report)
        findings.push(...one.findings)
      } catch (error) {
        if (!isAppError(error) || error.code === 'cancelled' || files.length === 1) throw error
        refused.push({ file, code: error.code, message: error.message })
        findings.push({ severity: 'error', code: error.code, path: file, message: `${file}: ${error.message}` })
      }
    }
    const worst = findings.some(({ severity }) => severity === 'error') ? 'failure' : findings.length > 0 ? 'warning' : 'success'
    return { outcome: worst, findings, result: { imported, refused } }
  })
}

/** One file, as a part of a job that is under way. */
export async function importWithin(
  ctx: ServiceContext,
  input: { path: string; workspaceId?: WorkspaceId | undefined; waitMs: number; signal: AbortSignal; known?: KnownArchives },
  reporter: JobReporter,
): Promise<{ report: ImportedFile; workspaceId: WorkspaceId; archiveId: ArchiveId; findings: Finding[] }> {
  const note = await peekNote(input.path)
  const adoptInto = note || !input.workspaceId ? undefined : await adoptable(ctx, input.workspaceId, input.known ?? {})
  const workspaceId = note?.workspaceId ?? input.workspaceId
  const path = (workspaceId && getWorkspace(ctx.consoleDb, workspaceId)?.repositoryPath) ?? defaultRepository(ctx)
  const repository = await openOrInit(ctx, path, new Date(ctx.clock.nowMs()).toISOString())
  try {
    const { manifest, isNew } = await importTar({
      ...input,
      adoptInto,
      repository,
      actor: ctx.actor.name,
      tool: ctx.tool,
      clock: ctx.clock,
      onProgress: (progress) => reporter.progress(progress),
    })
    await ctx.withCatalog((catalogDb) => absorbArchive({ repository, catalogDb }, manifest.id))
    register(ctx, manifest, path)
    const archive = { kind: 'archive', id: manifest.id, workspaceId: manifest.workspaceId }
    if (isNew)
      recordDone(ctx, reporter, 'archive.import', archive, {
        file: input.path,
        files: manifest.totals.files,
        adopted: adoptInto !== undefined,
      })
    return {
      report: reportOf(input.path, manifest, isNew),
      workspaceId: manifest.workspaceId,
      archiveId: manifest.id,
      findings: isNew ? manifest.findings.filter(({ severity }) => severity !== 'info') : [],
    }
  } finally {
    repository.close()
  }
}

/** A workspace as a file is adopted into it. */
async function adoptable(ctx: ServiceContext, workspaceId: WorkspaceId, known: KnownArchives): Promise<AdoptInto> {
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const { items, configPaths } = await resolveNow(ctx, workspace)
  const { name: workspaceName, root, configPath, maps, extraItems, timeZone } = workspace
  return {
    ...{ workspaceId, workspaceName, root, configPath, maps, extraItems, configPaths, timeZone },
    ...{ follow: await ctx.withCatalog(async (db) => newestImportSeries(db, workspaceId)), known },
    items: items.map(({ key, label, importance, archiveName, path: sourcePath, configured }) => {
      return { key, label, importance, archiveName, sourcePath, configured }
    }),
  }
}

function reportOf(file: string, { id, workspaceName, items, totals }: Manifest, isNew: boolean): ImportedFile {
  const lacks = items.filter(({ kind }) => kind === 'missing' || kind === 'not-covered').map(({ key }) => key)
  return { file, archiveId: id, workspace: workspaceName, grade: null, lacks, isNew, files: totals.files }
}

/** A workspace that this home does not know, as the archive describes it. Nothing is backed up until somebody gives it a schedule. */
function register(ctx: ServiceContext, manifest: Manifest, repositoryPath: string): void {
  const { workspaceId: id, workspaceName: name, root, configPath, maps, extraItems } = manifest
  if (getWorkspace(ctx.consoleDb, id) !== null) return
  const place = { seriesId: newSeriesId(), repositoryPath, schedule: null, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone }
  const createdAt = new Date(ctx.clock.nowMs()).toISOString()
  insertWorkspace(ctx.consoleDb, { id, name, root, configPath, maps, extraItems, createdAt, ...place })
  chooseDefaultRepository(ctx, repositoryPath)
  record(ctx, 'workspace.recover', { kind: 'workspace', id, workspaceId: id }, { name, root })
}

const TAR_NAME = /\.(?:tar|tar\.gz|tgz|tar\.zst)$/

/** The file itself, or the tar files of a folder. */
function tarFilesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const files = readdirSync(path)
      .filter((name) => TAR_NAME.test(name))
      .map((name) => join(path, name))
    if (files.length > 0) return files
  } catch (error) {
    throw new AppError('import_unreadable', {
      message: errnoOf(error) === 'ENOENT' ? `There is nothing at ${path}.` : `${path} cannot be looked at (${errnoOf(error) ?? 'EIO'}).`,
      hint: 'Name a .tar, .tar.gz or .tar.zst file, or a folder of them.',
    })
  }
  throw new AppError('import_unreadable', {
    message: `${path} holds no tar file.`,
    hint: 'Name a folder with .tar, .tar.gz or .tar.zst files.',
  })
}

/** By the stamp in the name, else by when the file was written: in a series, time only goes on. */
function inTimeOrder(files: readonly string[], timeZone: string): string[] {
  const timeOf = (file: string) => stampMs(file, timeZone) ?? statSync(file).mtimeMs
  const timed = files.map((file) => ({ file, ms: timeOf(file) }))
  return timed.sort((a, b) => a.ms - b.ms).map(({ file }) => file)
}

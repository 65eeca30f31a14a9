import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import type { OffloadResult } from '#lib/contracts/disk.ts'
import { mtimesEqual } from '#lib/engine/entry.ts'
import type { ChosenFile } from '#lib/engine/offload/choose-files.ts'
import { deleteFiles } from '#lib/engine/offload/delete-files.ts'
import { DeletionJournal } from '#lib/engine/offload/deletion-journal.ts'
import { textOfRaw } from '#lib/engine/raw-path.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { ResolvedItem } from '#lib/engine/workspace/resolved-item.ts'
import { probeOpenFiles } from '#lib/orchestrator/probe-open-files.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'
import { spaceOf } from './file-system.ts'
import type { PreparedOffload } from './plan-offload.ts'

export type Deletion = Pick<OffloadResult, 'removedFiles' | 'removedBytes' | 'left' | 'freedBytes' | 'space'> & { journalPath: string }

interface DeleteArchivedInput {
  repository: Repository
  prepared: PreparedOffload
  /** Proven, and held. */
  archiveId: ArchiveId
  jobId: JobId
  signal: AbortSignal
  reporter: JobReporter
}

/** Deletes what a held archive is seen to hold, and measures what that freed. Under the writer's lease. */
export async function deleteArchived(ctx: ServiceContext, input: DeleteArchivedInput): Promise<Deletion> {
  const { repository, prepared, archiveId, jobId, signal, reporter } = input
  const { plan, resolution } = prepared
  await assertHeldArchive(repository, archiveId)
  const { there, missing } = await splitByArchive(repository, archiveId, prepared.chosen)
  const at = () => new Date(ctx.clock.realNowMs()).toISOString()
  const head = { jobId, workspaceId: plan.workspaceId, archiveId, digest: plan.digest, at: at() }
  const planned = there.map((file) => ({ path: file.path, livePath: livePathOf(file, resolution.items), sizeBytes: file.stat.size }))
  const before = plan.space.map(({ mountPath }) => spaceOf(mountPath))
  const journal = DeletionJournal.begin(ctx.paths.offloads, head, planned)
  try {
    const done = { filesDone: 0, bytesDone: 0 }
    const totals = { filesTotal: there.length, bytesTotal: there.reduce((sum, { stat }) => sum + stat.size, 0) }
    const tell = (currentPath: string | null) => reporter.progress({ phase: 'deleting', ...done, ...totals, currentPath })
    tell(null)
    const deleted = await deleteFiles({
      items: resolution.items,
      files: there,
      journal,
      lookForOpenFiles: () => probeOpenFiles().isOpen,
      signal,
      onRemoved: ({ path, stat }) => {
        done.filesDone++
        done.bytesDone += stat.size
        tell(path)
      },
    })
    endRecord(journal, { ...deleted, at: at() }, reporter)
    const after = plan.space.map(({ mountPath }) => spaceOf(mountPath))
    const space = plan.space.map(({ mountPath, totalBytes }, i) => ({
      mountPath,
      totalBytes,
      freeBytesBefore: before[i]!.freeBytes,
      freeBytesAfter: after[i]!.freeBytes,
    }))
    return { ...deleted, left: [...missing, ...deleted.left], freedBytes: freedOf(space), space, journalPath: journal.path }
  } finally {
    journal.close()
  }
}

/** Nothing is deleted on the word of an archive that may expire, or is gone. */
async function assertHeldArchive(repository: Repository, archiveId: ArchiveId): Promise<void> {
  const last = (await repository.marksOf(archiveId)).findLast(({ kind }) => kind === 'hold' || kind === 'release' || kind === 'forget')
  if (last?.kind === 'hold') return
  throw new AppError('plan_stale', {
    message: `The offload archive ${archiveId} is not held any more.`,
    hint: 'Nothing was deleted. Hold it, or run it again.',
  })
}

/** Which of the files the archive holds as they were planned. */
async function splitByArchive(
  repository: Repository,
  archiveId: ArchiveId,
  chosen: readonly ChosenFile[],
): Promise<{ there: ChosenFile[]; missing: OffloadResult['left'] }> {
  const archived = new Map<string, { sizeBytes: number; mtimeNs: bigint }>()
  const reader = await repository.reader(archiveId)
  for await (const { type, path, sizeBytes, mtimeNs } of reader.entries()) if (type === 'file') archived.set(path, { sizeBytes, mtimeNs })
  const there: ChosenFile[] = []
  const missing: OffloadResult['left'] = []
  for (const file of chosen) {
    const entry = archived.get(file.path)
    if (entry && entry.sizeBytes === file.stat.size && mtimesEqual(entry.mtimeNs, file.stat.mtimeNs)) there.push(file)
    else
      missing.push({
        path: file.path,
        reason: 'not-in-archive',
        message: `${file.path} is not in the archive as it was planned; it stays.`,
      })
  }
  return { there, missing }
}

function livePathOf({ path, itemKey }: ChosenFile, items: readonly ResolvedItem[]): string {
  const { rawPath, archiveName } = items.find(({ key }) => key === itemKey)!
  return `${textOfRaw(rawPath!.toString('latin1'))}${path.slice(archiveName!.length)}`
}

/** What is gone stands in the record already; an end that cannot be written is made good at the next look. */
function endRecord(
  journal: DeletionJournal,
  { removedFiles, removedBytes, at }: { removedFiles: number; removedBytes: number; at: string },
  reporter: JobReporter,
): void {
  try {
    journal.end({ removedFiles, removedBytes, at })
  } catch (error) {
    reporter.log('warning', `The end of the deletion could not be written to ${journal.path} (${String(error)}).`)
  }
}

function freedOf(space: OffloadResult['space']): number | null {
  const freed = space.map(({ freeBytesBefore, freeBytesAfter }) =>
    freeBytesBefore === null || freeBytesAfter === null ? null : freeBytesAfter - freeBytesBefore,
  )
  return freed.some((bytes) => bytes === null) ? null : freed.reduce<number>((sum, bytes) => sum + bytes!, 0)
}

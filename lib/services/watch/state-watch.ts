import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { listWatchedFiles, noteStillFine } from '#db/console/tables/watched-files.ts'
import { listWorkspaces, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { JobKind } from '#lib/contracts/job.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { programOf } from '../console/verbs.ts'
import type { ServiceContext } from '../context.ts'
import { fileStamp } from './file-stamp.ts'

/** How often a state that changed is judged. */
export const LOOK_EVERY_MS = 5 * 60_000
/** How often a state that did not change is judged all the same. */
const READ_EVERY_MS = 60 * 60_000
/** A look that takes longer is given up; a file is never read for so long. */
const MOST_MS = 2 * 60_000
/** They replace what is live; what is seen meanwhile says nothing. */
const REPLACING: ReadonlySet<JobKind> = new Set<JobKind>(['restore', 'undo', 'recover'])

/**
 * The console's own eye on the critical files of its workspaces between backups. By itself it only asks for their stamps: files are read by a child, and
 * only when one changed. What was found damaged is looked at again as soon as somebody wrote it.
 */
export class StateWatch {
  private readonly ctx: ServiceContext
  private readonly triedAtMs = new Map<string, number>()
  private readonly readAtMs = new Map<string, number>()
  private isBusy = false

  constructor(ctx: ServiceContext) {
    this.ctx = ctx
  }

  /** Looks where it is time to, one workspace after the other; returns the names of those that were read. A tick during another one does nothing. */
  async tick(): Promise<string[]> {
    if (this.isBusy) return []
    this.isBusy = true
    try {
      const read: string[] = []
      for (const workspace of listWorkspaces(this.ctx.consoleDb)) if (await this.look(workspace)) read.push(workspace.name)
      return read
    } finally {
      this.isBusy = false
    }
  }

  private async look(workspace: WorkspaceRecord): Promise<boolean> {
    const { consoleDb, clock } = this.ctx
    const nowMs = clock.monotonicMs()
    const files = listWatchedFiles(consoleDb, workspace.id)
    const triedAtMs = this.triedAtMs.get(workspace.id)
    const isTime = triedAtMs === undefined || nowMs - triedAtMs >= LOOK_EVERY_MS
    const isDamaged = files.some(({ verdict }) => verdict !== 'fine')
    if (!isTime && !isDamaged) return false
    if (listOpenJobs(consoleDb).some((job) => job.workspaceId === workspace.id && REPLACING.has(job.kind))) return false
    const isRead = (await anyTouched(files)) || (isTime && (isDamaged || this.isLongAgo(workspace, nowMs)))
    if (isRead || isTime) this.triedAtMs.set(workspace.id, nowMs)
    if (!isRead) {
      if (isTime) noteStillFine(consoleDb, workspace.id, new Date(clock.nowMs()).toISOString())
      return false
    }
    this.readAtMs.set(workspace.id, nowMs)
    try {
      await runVerb(programOf(this.ctx), ['watch', workspace.id], { signal: AbortSignal.timeout(MOST_MS) })
      return true
    } catch (error) {
      console.error(`The live files of ${workspace.name} could not be looked at: ${toAppError(error).message}`)
      return false
    }
  }

  /** Which files are critical, and what they are compared with, may have changed while they stayed as they are. */
  private isLongAgo({ id }: WorkspaceRecord, nowMs: number): boolean {
    return nowMs - (this.readAtMs.get(id) ?? Number.NEGATIVE_INFINITY) >= READ_EVERY_MS
  }
}

/** Whether a file was written since it was read, or none was read yet. */
async function anyTouched(files: readonly { path: string; stamp: string }[]): Promise<boolean> {
  for (const { path, stamp } of files) if ((await fileStamp(path)) !== stamp) return true
  return files.length === 0
}

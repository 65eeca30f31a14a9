import { readdirSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { listJobs } from '#db/console/queries/list-jobs.ts'
import { getJob } from '#db/console/tables/jobs.ts'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { isJobId, type JobId } from '#lib/base/ids.ts'
import { removeScratch } from '#lib/engine/drill/scratch.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { ServiceContext } from '../context.ts'
import { stateOfProcess } from '../jobs/process-of-job.ts'

/** How many drills back a scratch folder of their own is remembered. */
const REMEMBERED_DRILLS = 100

/** The folder of one drill. It is named by its job, whose row says whether somebody still works in it. */
export const drillFolder = (parent: string, jobId: JobId): string => join(parent, `drill-${jobId}`)

/** Where a drill may work: below the home, or where it was told to. Throws `target_unusable` inside an item or the repository. */
export function scratchParent(ctx: ServiceContext, named: string | null, manifest: Manifest, repositoryPath: string): string {
  if (named === null) return ctx.paths.drills
  const parent = resolve(named)
  const items = manifest.items.flatMap(({ sourcePath, label }) => (sourcePath === null ? [] : [[label, sourcePath] as const]))
  for (const [label, folder] of [...items, ['The repository', repositoryPath] as const]) {
    if (!isInside(parent, folder)) continue
    throw new AppError('target_unusable', {
      message: `${label} lies at ${folder}; a drill must not write into it.`,
      hint: 'Name a folder outside of the workspace and the repository with --scratch.',
    })
  }
  return parent
}

/** Takes away what drills left that were killed; tells what it did. A drill that still runs, or may run where this host cannot see it, is left alone. */
export function sweepDrills(ctx: ServiceContext, parent: string): string {
  const parents = new Set([ctx.paths.drills, parent])
  for (const { input } of listJobs(ctx.consoleDb, { kind: 'drill', limit: REMEMBERED_DRILLS }).rows) {
    const { scratch } = (input ?? {}) as { scratch?: unknown }
    if (typeof scratch === 'string') parents.add(scratch)
  }
  const left = [...parents].flatMap((one) => leftoversIn(ctx, one))
  let removed = 0
  const stuck: string[] = []
  for (const folder of left) {
    try {
      removeScratch(folder)
      removed++
    } catch {
      stuck.push(folder)
    }
  }
  const more = stuck.length === 0 ? '' : ` ${stuck.join(', ')} could not be taken away.`
  return `${removed === 0 ? 'Nothing was left.' : `${removed === 1 ? 'One folder' : `${removed} folders`} of killed drills taken away.`}${more}`
}

function leftoversIn(ctx: ServiceContext, parent: string): string[] {
  const isOurs = parent === ctx.paths.drills
  return namesIn(parent).flatMap((name) => {
    const jobId = /^drill-(.+)$/.exec(name)?.[1] ?? ''
    if (!isJobId(jobId)) return []
    const job = getJob(ctx.consoleDb, jobId)
    // Without a row it can only be judged where nobody else works.
    const isOver = job === null ? isOurs : job.status === 'finished' || (job.process !== null && stateOfProcess(job.process) === 'dead')
    return isOver ? [join(parent, name)] : []
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch (error) {
    if (errnoOf(error) === null) throw error
    return []
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}

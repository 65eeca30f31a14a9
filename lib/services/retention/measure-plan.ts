import { createHash } from 'node:crypto'
import { listArchivesBeside } from '#db/catalog/queries/archives-beside.ts'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { type LostVersion, listLostVersions } from '#db/catalog/queries/lost-versions.ts'
import { findMeasure, keepMeasure } from '#db/console/tables/measured-plans.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { LostVersions, RetentionPlan } from '#lib/contracts/retention.ts'
import { measureReclaim } from '#lib/engine/retention/measure-reclaim.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'

const LISTED = 200

type Measure = Pick<RetentionPlan, 'reclaimBytes' | 'referencedBytes' | 'lost'>

/**
 * A plan with its bytes, read from the repository, and with what no archive that stays holds. Reads manifests, and keeps what it found for whoever looks next;
 * for job processes.
 */
export async function measurePlan(ctx: ServiceContext, plan: RetentionPlan, signal?: AbortSignal): Promise<RetentionPlan> {
  const digest = digestOfArchives(ctx, plan)
  const known = knownMeasure(ctx, digest)
  if (known) return { ...plan, ...known }
  const measure = await takeMeasure(ctx, plan, signal)
  try {
    const at = new Date(ctx.clock.nowMs()).toISOString()
    keepMeasure(ctx.consoleDb, { digest, workspaceId: plan.workspaceId, measure: JSON.stringify(measure), at })
  } catch {
    // A full disk or a busy database only means that it is measured once more.
  }
  return { ...plan, ...measure }
}

/** The same as far as it is known already; null = these archives have to be measured. */
export function recallMeasure(ctx: ServiceContext, plan: RetentionPlan): RetentionPlan | null {
  const known = knownMeasure(ctx, digestOfArchives(ctx, plan))
  return known && { ...plan, ...known }
}

const knownMeasure = (ctx: ServiceContext, digest: string): Measure | null => {
  const text = findMeasure(ctx.consoleDb, digest)
  return text === null ? null : (JSON.parse(text) as Measure)
}

/** Of all that a measure depends on: what goes, and what is listed beside it in the same repositories, of other workspaces, too. Archives never change. */
function digestOfArchives(ctx: ServiceContext, { workspaceId, archives }: RetentionPlan): string {
  const hash = createHash('sha256').update(`${workspaceId}\n`)
  for (const { archiveId, keep } of archives) hash.update(`${keep ? 'keep' : 'forget'} ${archiveId}\n`)
  for (const id of listArchivesBeside(ctx.catalogDb(), workspaceId)) hash.update(`${id}\n`)
  return hash.digest('hex')
}

async function takeMeasure(ctx: ServiceContext, plan: RetentionPlan, signal?: AbortSignal): Promise<Measure> {
  const forget = new Set(plan.archives.filter(({ keep }) => !keep).map(({ archiveId }) => archiveId))
  const locations = new Set(plan.archives.map(({ archiveId }) => requireArchive(ctx.catalogDb(), archiveId).repository.location))
  const bytes = { reclaimBytes: 0, referencedBytes: 0 }
  for (const location of locations) {
    const measured = await withRepository(ctx, location, (repository) => measureReclaim(repository, forget, signal))
    bytes.reclaimBytes += measured.reclaimBytes
    bytes.referencedBytes += measured.referencedBytes
  }
  return { ...bytes, lost: findLost(ctx, plan, forget) }
}

function findLost(ctx: ServiceContext, plan: RetentionPlan, forget: ReadonlySet<ArchiveId>): LostVersions {
  const tally = new LostTally()
  if (forget.size > 0) listLostVersions(ctx.catalogDb(), plan.workspaceId, forget, (lost) => tally.add(lost))
  return tally.finish()
}

/** Counts all, lists the weightiest. */
class LostTally {
  private readonly totals = { versions: 0, bytes: 0, files: 0 }
  private readonly wholeFiles = new Set<string>()
  private readonly archives = new Map<ArchiveId, { versions: number; bytes: number; names: Map<string, number> }>()
  private listed: LostVersion[] = []

  add(lost: LostVersion): void {
    const { path, sizeBytes, archiveId, isWholeFile } = lost
    this.totals.versions++
    this.totals.bytes += sizeBytes
    if (isWholeFile) this.wholeFiles.add(path)
    let archive = this.archives.get(archiveId)
    if (!archive) this.archives.set(archiveId, (archive = { versions: 0, bytes: 0, names: new Map() }))
    archive.versions++
    archive.bytes += sizeBytes
    const name = path.split('/', 1)[0]!
    archive.names.set(name, (archive.names.get(name) ?? 0) + 1)
    this.listed.push(lost)
    if (this.listed.length >= 20 * LISTED) this.listed = weightiest(this.listed)
  }

  finish(): LostVersions {
    const byArchive = [...this.archives].map(([archiveId, { names, ...counts }]) => {
      return {
        archiveId,
        ...counts,
        names: [...names].map(([name, versions]) => ({ name, versions })).toSorted((a, b) => a.versions - b.versions),
      }
    })
    return { ...this.totals, files: this.wholeFiles.size, byArchive, listed: weightiest(this.listed) }
  }
}

const weightiest = (list: LostVersion[]) =>
  list
    .toSorted((a, b) => Number(b.isWholeFile) - Number(a.isWholeFile) || b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1))
    .slice(0, LISTED)

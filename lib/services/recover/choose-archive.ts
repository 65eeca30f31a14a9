import { countArchivesAt } from '#db/catalog/queries/archives-at.ts'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getArchive } from '#db/catalog/queries/get-archive.ts'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listWorkspaces, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import { pickArchive } from '../archives/read-archives.ts'
import type { ServiceContext } from '../context.ts'

/** What somebody says of the archive that a workspace comes back from. */
export interface ArchiveChoice {
  /** Which workspace, by name or id; null = the only one. */
  workspace: string | null
  /** An archive as people name it; null = the newest known-good one, else the newest. */
  archive: string | null
  repositoryPath: string | null
}

/** The archive that it comes back from. */
export interface ChosenArchive {
  workspaceId: WorkspaceId
  archiveId: ArchiveId
  repositoryPath: string
  grade: HostPlan['grade']
  isSuspect: boolean
}

/** Workspaces that can come back from a repository; of one that is named, what else this home has is not meant. */
export function workspacesHeld(ctx: ServiceContext, repositoryPath: string | null): WorkspaceRecord[] {
  const known = listWorkspaces(ctx.consoleDb)
  const held = repositoryPath === null ? [] : countArchivesAt(ctx.catalogDb(), repositoryPath)
  return held.length === 0 ? known : known.filter(({ id }) => held.some((one) => one.id === id))
}

/** The workspace that a name, in any case of letters, or an id means; null = the only one. Throws `workspace_unknown`. */
export function workspaceAmong(all: readonly WorkspaceRecord[], nameOrId: string | null): WorkspaceRecord {
  const isNamed = ({ name }: WorkspaceRecord) => name.toLowerCase() === nameOrId?.toLowerCase()
  const found = nameOrId === null ? all[0] : (all.find(({ id }) => id === nameOrId) ?? all.find(isNamed))
  if (found) return found
  throw new AppError('workspace_unknown', {
    message: nameOrId === null ? 'There is no workspace to bring back.' : `There is no workspace “${nameOrId}” to bring back.`,
    hint: `There are: ${all.map(({ name }) => name).join(', ') || 'none; name the repository that holds one, with --repository'}.`,
  })
}

/** The archive that is meant. Throws `workspace_unknown`, `workspace_ambiguous` and `archive_unknown`. */
export function chooseArchive(ctx: ServiceContext, input: ArchiveChoice): ChosenArchive {
  const all = workspacesHeld(ctx, input.repositoryPath)
  const named = input.workspace ?? ownerOf(ctx, input.archive)
  if (named === null && all.length > 1) {
    throw new AppError('workspace_ambiguous', {
      message: `There are ${all.length} workspaces to bring back.`,
      hint: `Name one with --workspace, or bring all of them back with --all: ${all.map(({ name }) => name).join(', ')}.`,
    })
  }
  const workspace = workspaceAmong(all, named)
  const facts = getWorkspaceFacts(ctx.catalogDb(), workspace.id, ctx.clock.nowMs())
  const best = (facts.lastGood ?? facts.newest)?.id ?? null
  const archiveId = input.archive === null ? best : pickArchive(ctx, input.archive, workspace.id)
  if (archiveId === null)
    throw new AppError('archive_unknown', { message: `${workspace.name} has no archive.`, hint: 'Attach the repository that has.' })
  const { grade, suspect: isSuspect } = getArchive(ctx.catalogDb(), archiveId, ctx.clock.nowMs())
  const repositoryPath = requireArchive(ctx.catalogDb(), archiveId).repository.location
  return { workspaceId: workspace.id, archiveId, repositoryPath, grade, isSuspect }
}

/** An id, or the beginning of one, says by itself whose archive it is; the other names of archives do not. */
function ownerOf(ctx: ServiceContext, archive: string | null): WorkspaceId | null {
  return archive?.startsWith('arc_') ? requireArchive(ctx.catalogDb(), pickArchive(ctx, archive)).workspaceId : null
}

/** The recovery sheet: what to have on paper when host and console are gone. It names places, ids and checksums, and no secret. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { commandText } from '#lib/base/command-text.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { RecoverySheet, SheetArchive } from '#lib/contracts/recovery-sheet.ts'
import { manifestName } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { repositoryStats } from '../repository/repository-stats.ts'
import { mountOf } from './mount-of.ts'

/** The sheet of a workspace, as of now. Reads a few small files of the repository; only in job and CLI processes. */
export async function recoverySheet(ctx: ServiceContext, input: { workspaceId: WorkspaceId }): Promise<RecoverySheet> {
  requireRight(ctx, 'list')
  const workspace = requireWorkspace(ctx.consoleDb, input.workspaceId)
  const nowMs = ctx.clock.nowMs()
  const { archives, newest, lastGood } = getWorkspaceFacts(ctx.catalogDb(), workspace.id, nowMs)
  return await withRepository(ctx, workspace.repositoryPath, async (repository) => {
    const { head, storage } = repository
    const best = lastGood ?? newest
    return {
      generatedAt: new Date(nowMs).toISOString(),
      host: hostname(),
      tool: ctx.tool,
      workspaceId: workspace.id,
      workspace: workspace.name,
      root: workspace.root,
      configPath: workspace.configPath,
      repository: {
        path: storage.location,
        id: head.id,
        formatVersion: head.version,
        createdAt: head.createdAt,
        isEncrypted: repository.master !== null,
        storedBytes: repositoryStats(ctx, workspace.repositoryPath).storedBytes,
        mount: mountOf(storage.location),
        isOnDiskOfRoot: deviceOf(storage.location) !== null && deviceOf(storage.location) === deviceOf(workspace.root),
      },
      archives,
      knownGood: lastGood && (await archiveOf(repository, lastGood)),
      newest: newest && (await archiveOf(repository, newest)),
      items: (best?.items ?? []).map(({ key, importance, sourcePath, files, contentBytes }) => ({
        key,
        importance,
        sourcePath,
        files,
        contentBytes,
      })),
      files: await filesOf(repository),
      ...commandsOf(workspace, best, repository.master !== null),
    }
  })
}

async function archiveOf(repository: Repository, archive: ArchiveSummary): Promise<SheetArchive> {
  const { id, createdAt, files, contentBytes, grade, suspect } = archive
  return {
    archiveId: id,
    createdAt,
    files,
    contentBytes,
    grade,
    isSuspect: suspect,
    manifestSha256: await sumOf(repository, manifestName(id)),
  }
}

async function filesOf(repository: Repository): Promise<RecoverySheet['files']> {
  const files: RecoverySheet['files'] = [{ name: 'repository.json', sha256: await sumOf(repository, 'repository.json'), isWhole: true }]
  for (const [name, named] of Object.entries(repository.head.files)) {
    const sha256 = await sumOf(repository, name)
    files.push({ name, sha256, isWhole: sha256 === named })
  }
  return files
}

/** SHA-256 of an object as it is stored; null when it cannot be read. */
async function sumOf({ storage }: Repository, name: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await storage.get(name))
      .digest('hex')
  } catch (error) {
    if (isAppError(error)) return null
    throw error
  }
}

function commandsOf(
  { name, root, repositoryPath }: WorkspaceRecord,
  best: ArchiveSummary | null,
  isEncrypted: boolean,
): Pick<RecoverySheet, 'withOrchive' | 'withoutOrchive'> {
  const id = best?.id ?? 'latest'
  const recover = (...argv: string[]) => commandText(['sh', 'recover.sh', ...argv])
  const unlock = {
    what: 'Give the new host a key to it: the recovery key in a file, or a passphrase that is asked for',
    command: commandText(['orchive', 'repository', 'unlock', repositoryPath, '--key-file', 'recovery.key']),
  }
  const nameKey = { what: 'Name the file that holds the recovery key', command: 'export ORCHIVE_RECOVERY_KEY_FILE=/path/of/recovery.key' }
  return {
    withOrchive: [
      ...(isEncrypted ? [unlock] : []),
      {
        what: 'Bring people, settings and the audit log back',
        command: commandText(['orchive', 'home', 'restore', '--repository', repositoryPath]),
      },
      {
        what: 'See where everything would go, and change nothing',
        command: commandText([
          'orchive',
          'recover',
          'host',
          '--repository',
          repositoryPath,
          '--workspace',
          name,
          '--root',
          root,
          '--dry-run',
        ]),
      },
      {
        what: 'Bring the workspace back',
        command: commandText([
          'orchive',
          'recover',
          'host',
          '--repository',
          repositoryPath,
          '--workspace',
          name,
          '--root',
          root,
          '--archive',
          id,
        ]),
      },
    ],
    withoutOrchive: [
      { what: 'Go to the repository, or to a copy of it', command: commandText(['cd', repositoryPath]) },
      ...(isEncrypted ? [nameKey] : []),
      { what: 'See which archives it has', command: recover('list') },
      { what: 'Check what the archive needs', command: recover('check', id) },
      { what: 'Get it out into a new folder', command: recover('extract', id, '/new/folder') },
    ],
  }
}

function deviceOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.dev ?? null
}

import type { z } from 'zod'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { asArguments, wholeHostOptions } from '#lib/contracts/host-options.ts'
import type { StartRecoverWholeHostInput, WholeHostRequest } from '#lib/contracts/whole-host.ts'
import { wholeHostConfirmation } from '#lib/contracts/whole-host-words.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'
import { sealOwnRepository } from '../repository/own-repository.ts'
import { chooseArchive } from './choose-archive.ts'
import { digestOfDigests } from './host-digest.ts'
import { wholeHostTitle } from './recover-whole-host.ts'
import { sourceArguments } from './start-recover-host.ts'

/** Starts bringing several workspaces back as a job: exactly what was planned of each. Gives the recovery key of the repository that had to be made for it. */
export async function startRecoverWholeHost(
  ctx: ServiceContext,
  input: z.output<typeof StartRecoverWholeHostInput>,
): Promise<{ jobId: JobId; recoveryKey: string | null }> {
  requireRight(ctx, 'restore')
  requireRight(ctx, 'settings')
  const named = input.workspaces.map(({ workspaceId }) => requireWorkspace(ctx.consoleDb, workspaceId))
  const wanted = wholeHostConfirmation(named.map(({ name }) => name))
  if (input.confirmName !== wanted)
    throw new AppError('invalid_input', {
      message: `Type ${wanted} to bring ${named.length === 1 ? 'it' : 'them'} back.`,
      hint: 'Nothing was written.',
    })
  const request: WholeHostRequest = {
    ...input.request,
    source: { kind: 'known' },
    workspaces: named.map(({ id }) => id),
    roots: input.workspaces.map(({ workspaceId, root }) => ({ workspace: workspaceId, root })),
  }
  const digest = digestOfDigests(input.workspaces.map((one) => one.digest))
  const recoveryKey = await sealForAll(ctx, request.workspaces)
  const { jobId } = await startJob(ctx, {
    right: 'settings',
    kind: 'recover',
    title: wholeHostTitle(named.length),
    argv: wholeHostArguments(request, [`--digest=${digest}`, '--yes']),
    workspace: null,
    input,
    object: { kind: 'workspaces', id: request.workspaces.join(' ') },
  })
  return { jobId, recoveryKey }
}

/** Makes the repository for backups encrypted where one of the copies is; gives its recovery key, null when there was nothing to do. */
export async function sealForAll(
  ctx: ServiceContext,
  workspaces: readonly string[],
  passphrase: string | null = null,
): Promise<string | null> {
  let key: string | null = null
  for (const workspace of workspaces) {
    const { repositoryPath } = chooseArchive(ctx, { workspace, archive: null, repositoryPath: null })
    key = (await sealOwnRepository(ctx, repositoryPath, passphrase)) ?? key
  }
  return key
}

/** The verb that such a request is. */
export function wholeHostArguments(request: WholeHostRequest, more: string[]): string[] {
  return ['recover', 'host', ...sourceArguments(request.source), ...asArguments(wholeHostOptions(request)), ...more]
}

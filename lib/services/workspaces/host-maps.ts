import { toAppError } from '#lib/base/errors.ts'
import type { PathMap } from '#lib/contracts/workspace.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { hostWorkspaceOf, readHostConfig } from '#lib/orchestrator/host-config.ts'
import type { ServiceContext } from '../context.ts'

interface MappedWorkspace {
  id: string
  name: string
  maps: PathMap[]
}

/** The maps that count for a workspace: those of the host file, then its own; of two for one prefix the host's wins. Throws for a host file that cannot be used. */
export async function mapsInForce(ctx: ServiceContext, workspace: MappedWorkspace): Promise<PathMap[]> {
  const host = hostWorkspaceOf(await readHostConfig(ctx.paths.hostConfig), workspace)
  return [...(host?.maps ?? []), ...workspace.maps]
}

/** The same where work goes on without the host's maps: a backup is worth more than a host file without a mistake, which is told. */
export async function mapsOrProblem(ctx: ServiceContext, workspace: MappedWorkspace): Promise<{ maps: PathMap[]; problems: Finding[] }> {
  try {
    return { maps: await mapsInForce(ctx, workspace), problems: [] }
  } catch (error) {
    const failure = toAppError(error)
    if (failure.code === 'internal') throw error
    const message = `${failure.message} Its path maps do not count until that is mended.`
    return { maps: workspace.maps, problems: [{ severity: 'warning', code: failure.code, path: ctx.paths.hostConfig, message }] }
  }
}

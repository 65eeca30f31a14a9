import { textToBytes } from '#lib/base/path-text.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import { type Orchestrator, orchestratorOf } from '#lib/orchestrator/adapter.ts'
import { readHostConfig } from '#lib/orchestrator/host-config.ts'
import type { ServiceContext } from '../context.ts'

/**
 * The orchestrator of a workspace, for job processes that stop and start it; the host file is read afresh. Throws for a host file that cannot
 * be used: without it nobody knows whether something has to be stopped.
 */
export async function runningOrchestrator(
  ctx: ServiceContext,
  workspace: { id: string; name: string },
  resolution: Pick<Resolution, 'configPaths'>,
): Promise<Orchestrator> {
  const { id, name } = workspace
  const statePath = stateFileOf(resolution)
  return orchestratorOf(await readHostConfig(ctx.paths.hostConfig), { id, name, statePath }, { clock: ctx.clock, env: ctx.hostEnv })
}

/** Where the state file lies; null when the config does not tell, or in a name that is not UTF-8 and cannot be looked at by it. */
function stateFileOf({ configPaths }: Pick<Resolution, 'configPaths'>): string | null {
  const bytes = configPaths['stateFile'] === undefined ? null : textToBytes(configPaths['stateFile'])
  if (bytes === null) return null
  const path = Buffer.from(bytes).toString('utf8')
  return Buffer.from(path).equals(bytes) ? path : null
}

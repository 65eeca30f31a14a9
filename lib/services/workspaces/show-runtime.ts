import { existsSync } from 'node:fs'
import { listWorkspaces, requireWorkspace } from '#db/console/tables/workspaces.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { Runtime } from '#lib/contracts/runtime.ts'
import { isProgram } from '#lib/orchestrator/find-program.ts'
import { type HostConfig, hostWorkspaceOf, readHostConfig } from '#lib/orchestrator/host-config.ts'
import type { HostWorkspace } from '#lib/orchestrator/host-config-shape.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

/** What the host file lets Orchive do with the orchestrator of a workspace, and what is wrong with it. Reads the file; runs and asks nothing. */
export async function showRuntime(ctx: ServiceContext, id: WorkspaceId): Promise<Runtime> {
  requireRight(ctx, 'list')
  return describeRuntime(ctx, requireWorkspace(ctx.consoleDb, id))
}

/** The same for a workspace that may not be registered yet; a file that cannot be used is a problem, not an error. */
export async function describeRuntime(ctx: ServiceContext, workspace: { id: string; name: string }): Promise<Runtime> {
  const path = ctx.paths.hostConfig
  try {
    const config = await readHostConfig(path)
    const host = hostWorkspaceOf(config, workspace)
    return { ...runtimeOf(path, host), problems: [...strangers(ctx, config, workspace), ...(host ? problemsOf(ctx, path, host) : [])] }
  } catch (error) {
    const failure = toAppError(error)
    if (failure.code === 'internal') throw error
    const problem: Finding = { severity: 'error', code: failure.code, path, message: `${failure.message} ${failure.hint}`.trim() }
    return { ...runtimeOf(path, null), problems: [problem] }
  }
}

function runtimeOf(hostConfigPath: string, host: HostWorkspace | null): Omit<Runtime, 'problems'> {
  const runtime = host?.runtime
  return {
    hostConfigPath,
    isConfigured: runtime !== undefined,
    stop: runtime?.stop ?? null,
    start: runtime?.start ?? null,
    restart: runtime?.restart ?? null,
    rebuild: runtime?.rebuild ?? null,
    stopTimeoutSeconds: runtime?.stopTimeoutSeconds ?? null,
    startTimeoutSeconds: runtime?.startTimeoutSeconds ?? null,
    rebuildTimeoutSeconds: runtime?.rebuildTimeoutSeconds ?? null,
    health: runtime?.health ? { ...runtime.health, expect: runtime.health.expect ?? null } : null,
    stateReads: runtime?.stateReads ?? [],
    process: runtime?.process ? { match: runtime.process.match ?? null, pidFile: runtime.process.pidFile ?? null } : null,
    maps: host?.maps ?? [],
    drill: host?.drill ?? null,
  }
}

/** Entries for workspaces that are not registered: most likely a name was changed or mistyped. */
function strangers(ctx: ServiceContext, config: HostConfig, workspace: { id: string; name: string }): Finding[] {
  const registered = existsSync(ctx.paths.consoleDb) ? listWorkspaces(ctx.consoleDb) : []
  const known = new Set([workspace, ...registered].flatMap(({ id, name }) => [id, name] as string[]))
  return Object.keys(config.workspaces)
    .filter((key) => !known.has(key))
    .map((key) => ({
      severity: 'warning',
      code: 'host_workspace_unknown',
      path: config.path,
      message: `${config.path} is also for “${key}”, but no workspace of that name or id is registered.`,
    }))
}

function problemsOf(ctx: ServiceContext, path: string, { runtime, drill }: HostWorkspace): Finding[] {
  const commands = {
    stop: runtime?.stop,
    start: runtime?.start,
    restart: runtime?.restart,
    rebuild: runtime?.rebuild,
    drill: drill?.command,
  }
  const problems: Finding[] = []
  for (const [verb, argv] of Object.entries(commands)) {
    if (!argv || isProgram(argv[0]!, ctx.hostEnv.PATH ?? '')) continue
    const message = `The ${verb} command names ${argv[0]}, which is no program that Orchive can run here.`
    problems.push({ severity: 'warning', code: 'runtime_command_missing', path, message })
  }
  if (runtime && !runtime.process && !runtime.health) {
    const message = 'Neither `process` nor `health` is configured, so nothing can prove that the orchestrator has stopped.'
    problems.push({ severity: 'warning', code: 'runtime_unproven', path, message })
  }
  return problems
}

import { commandText } from '#lib/base/command-text.ts'
import { toAppError } from '#lib/base/errors.ts'
import { formatDuration } from '#lib/base/units.ts'
import type { CommandEnd, DrillCommand, DrillPlace } from '#lib/engine/drill/drill-types.ts'
import { isProgram } from '#lib/orchestrator/find-program.ts'
import { hostWorkspaceOf, readHostConfig } from '#lib/orchestrator/host-config.ts'
import { type CommandResult, runCommand } from '#lib/orchestrator/run-command.ts'
import type { ServiceContext } from '../context.ts'

/** Exit codes by which a command says that it could not do its work: not now, may not be executed, not found. */
const COULD_NOT = new Set([75, 126, 127])
/** The end of what it printed goes into the report. */
const SHOWN_CHARACTERS = 500

/** The host's drill command for a workspace with its words; null when none is configured. A host file that cannot be used is its problem. */
export async function drillCommandOf(
  ctx: ServiceContext,
  workspace: { id: string; name: string },
  signal: AbortSignal,
): Promise<{ argv: string[]; command: DrillCommand } | null> {
  try {
    const drill = hostWorkspaceOf(await readHostConfig(ctx.paths.hostConfig), workspace)?.drill
    if (!drill) return null
    const { command: argv, timeoutSeconds } = drill
    const problem = () =>
      isProgram(argv[0]!, ctx.hostEnv.PATH ?? '') ? null : `The drill command ${argv[0]} is not there or may not be executed.`
    const run = (place: DrillPlace) => runIn(ctx, { argv, timeoutMs: timeoutSeconds * 1000, workspace: workspace.name, signal }, place)
    return { argv, command: { problem, run } }
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    if (code === 'internal') throw error
    const broke = `${message} ${hint}`.trim()
    return { argv: [], command: { problem: () => broke, run: async () => ({ outcome: 'broke', evidence: broke }) } }
  }
}

interface Run {
  argv: string[]
  timeoutMs: number
  workspace: string
  signal: AbortSignal
}

async function runIn(ctx: ServiceContext, run: Run, place: DrillPlace): Promise<CommandEnd> {
  const env: Record<string, string | undefined> = {
    ...ctx.hostEnv,
    ORCHIVE_DRILL_ROOT: place.root,
    ORCHESTRATOR_CONFIG: place.configPath,
  }
  // It names the live state file, and would win over the config of the copy.
  delete env.STATE_FILE
  try {
    const { clock } = ctx
    const result = await runCommand({ ...run, verb: 'drill', clock, cwd: place.root, env, endsGroup: true })
    return endOf(run, result)
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    if (code === 'cancelled') throw error
    return { outcome: 'broke', evidence: `${message} ${hint}`.trim() }
  }
}

/** Only a command that ran to its end and said no speaks against the archive. */
function endOf({ argv, timeoutMs }: Run, { exitCode, signal, timedOut, durationMs, outputTail }: CommandResult): CommandEnd {
  const name = commandText(argv)
  const printed = outputTail === '' ? '' : ` It printed: ${outputTail.slice(-SHOWN_CHARACTERS)}`
  if (timedOut) return { outcome: 'broke', evidence: `${name} did not end within ${formatDuration(timeoutMs)} and was ended.${printed}` }
  if (exitCode === null) return { outcome: 'broke', evidence: `${name} was ended by ${signal}.${printed}` }
  if (exitCode === 0) return { outcome: 'passed', evidence: `${name} ended with 0 after ${formatDuration(durationMs)}.${printed}` }
  return { outcome: COULD_NOT.has(exitCode) ? 'broke' : 'failed', evidence: `${name} ended with ${exitCode}.${printed}` }
}

import { Command, CommanderError, Option } from 'commander'
import { AppError, isAppError, toAppError } from '#lib/base/errors.ts'
import { startContainer } from '#lib/runtime/container.ts'
import { toolVersion } from '#lib/runtime/launcher.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { EXIT, EXIT_OF_ERROR } from './exit-codes.ts'
import { makeOutput, type Output } from './output.ts'
import { registerVerbs } from './verbs.ts'

/** What a verb is given to work with. */
export interface Run {
  ctx: ServiceContext
  out: Output
  /** Aborted by SIGINT or SIGTERM. */
  signal: AbortSignal
  /** The command as it was typed, for the job's record. */
  command: string
}

/** A verb's body; its number is the exit code (none = 0). */
export type Body = (run: Run) => Promise<number | undefined> | Promise<void> | number | undefined | void

const GLOBAL = ['--home <dir>', '--json', '--quiet'] as const

/** Runs a command line to its exit code. Never throws. */
export async function runProgram(argv: string[]): Promise<number> {
  let code: number = EXIT.ok
  const program = buildProgram(argv, (result) => {
    code = result
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return usageExit(error, argv)
  }
  return code
}

/** Commander has printed help or the mistake already; with `--json` the mistake is told as JSON, too. */
function usageExit(error: CommanderError, argv: string[]): number {
  if (error.exitCode === 0) return EXIT.ok
  if (argv.includes('--json')) {
    const message = error.message.replace(/^error: /, '')
    process.stdout.write(`${JSON.stringify({ type: 'error', code: 'usage', message, hint: 'See orchive --help.' })}\n`)
  }
  return EXIT.usage
}

function buildProgram(argv: string[], done: (code: number) => void): Command {
  const program = new Command('orchive')
    .description('Backs up, browses and restores agent orchestrator workspaces.')
    .version(toolVersion())
    .helpOption('--help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError('Run with --help to see what can be given.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'orchive: ')) })
  program.addHelpText(
    'after',
    '\nGlobal options: --home DIR, --json, --quiet. Exit codes: 0 done, 1 failed, 2 usage, 3 done with warnings,\n10 no such repository or workspace, 11 locked, 130 cancelled.',
  )
  for (const flags of GLOBAL) program.addOption(new Option(flags, GLOBAL_TEXT[flags]))
  const register = registerWith(program, argv, done)
  registerVerbs(register)
  return program
}

/** Declares a verb: `path` such as `workspace add`, arguments, options, and a body that is loaded when it runs. */
export type Register = (
  path: string,
  description: string,
  declare: (command: Command) => Command,
  load: () => Promise<(run: Run, args: string[], options: Record<string, unknown>) => ReturnType<Body>>,
) => void

function registerWith(program: Command, argv: string[], done: (code: number) => void): Register {
  return (path, description, declare, load) => {
    const names = path.split(' ')
    const parent = names.length === 1 ? program : groupOf(program, names[0]!)
    const command = parent.command(names.at(-1)!).description(description).helpOption('--help', 'show help').exitOverride()
    for (const flags of GLOBAL) command.addOption(new Option(flags, GLOBAL_TEXT[flags]))
    declare(command)
    command.allowExcessArguments(false).action(async (...received: unknown[]) => {
      const self = received.at(-1) as Command
      const args = self.processedArgs.flat().filter((arg) => arg !== undefined) as string[]
      const body = await load()
      done(await perform(self.optsWithGlobals(), argv, (run) => body(run, args, self.opts())))
    })
  }
}

const GLOBAL_TEXT = {
  '--home <dir>': 'where catalog, default repository and host config lie',
  '--json': 'print JSON',
  '--quiet': 'print results and errors only',
}

function groupOf(program: Command, name: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program
      .command(name)
      .description(GROUPS[name] ?? '')
      .helpOption('--help', 'show help')
      .exitOverride()
  )
}

const GROUPS: Record<string, string> = {
  workspace: 'register and look at workspaces',
  catalog: 'the index over the repository',
  repository: 'where archives lie',
}

/** Runs a body with its context, signals and errors taken care of. */
async function perform(options: { home?: string; json?: boolean; quiet?: boolean }, argv: string[], body: Body): Promise<number> {
  let out = makeOutput({ json: options.json === true, quiet: options.quiet === true, hasColor: false })
  const abort = new AbortController()
  const stop = () => abort.abort(new AppError('cancelled', { message: 'Cancelled.', hint: 'Nothing was listed half done.' }))
  process.on('SIGINT', stop).on('SIGTERM', stop)
  let isDebug = false
  try {
    const container = startContainer({ home: options.home })
    isDebug = container.env.isDebug
    out = makeOutput({ json: options.json === true, quiet: options.quiet === true, hasColor: container.env.hasColor })
    const ctx = container.contextFor({ id: null, name: container.env.actorName, role: 'admin', via: 'cli' })
    const code = await body({
      ctx,
      out,
      signal: abort.signal,
      command: `orchive ${argv.filter((arg) => !arg.startsWith('--job')).join(' ')}`,
    })
    container.close()
    return code ?? EXIT.ok
  } catch (error) {
    const failure =
      abort.signal.aborted && !(isAppError(error) && error.code !== 'cancelled') ? (abort.signal.reason as AppError) : toAppError(error)
    out.error(failure, isDebug)
    return EXIT_OF_ERROR[failure.code]
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

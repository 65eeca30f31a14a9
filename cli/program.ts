import { Command, CommanderError, Option } from 'commander'
import { AppError, errnoOf, isAppError, toAppError } from '#lib/base/errors.ts'
import { commandLine } from '#lib/jobs/command-line.ts'
import { startContainer } from '#lib/runtime/container.ts'
import { toolVersion } from '#lib/runtime/launcher.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { EXIT, EXIT_OF_ERROR } from './exit-codes.ts'
import { makeOutput, type Output, Pipe } from './output.ts'
import { usageMistake } from './usage-mistake.ts'
import { groupOf, headingOf, stopAt } from './verb-groups.ts'
import { registerVerbs } from './verbs/index.ts'

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
export type Body = (
  run: Run,
  args: string[],
  options: Record<string, unknown>,
) => Promise<number | undefined> | Promise<void> | number | void

/** Declares a verb: `path` such as `workspace add`, arguments, options, and a body that is loaded when it runs. */
export type Register = (
  path: string,
  description: string,
  declare: (command: Command) => Command,
  examples: readonly string[],
  load: () => Promise<Body>,
) => void

interface GlobalOptions {
  home?: string
  json?: boolean
  quiet?: boolean
  /** Who asked the console for this. */
  actor?: string
  actorId?: string
}

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
    return usageExit(error as Mistaken, argv)
  }
  return code
}

/** Where the mistake was made, besides. */
interface Mistaken extends CommanderError {
  /** The verb or group of verbs, with the program's name. */
  verb?: string
}

/** Commander has printed help, which is all that was asked for, or what a group of verbs without one is answered with. */
function usageExit(error: Mistaken, argv: string[]): number {
  if (error.exitCode === 0) return EXIT.ok
  const isJson = argv.includes('--json')
  if (error.code === 'commander.help' && !isJson) return EXIT.usage
  const { message, suggestion } = usageMistake(error.message)
  const hint = [suggestion, `See \`${error.verb ?? 'orchive'} --help\`.`].filter(Boolean).join(' ')
  makeOutput({ json: isJson, quiet: true, hasColor: false }).error(new AppError('usage', { message, hint }), false)
  return EXIT.usage
}

const FOOTER = `
Global options: --home DIR, --json, --quiet, --help, --version.
ARCHIVE is an id (arc_…), a prefix of one, latest, latest~N or @TIME. WORKSPACE is a name or id, and may be left out when there is only one.
Exit codes: 0 done, 1 failed, 2 usage, 3 done with warnings, 10 no such repository or workspace, 11 locked, 130 cancelled.
Each verb has its own --help. The full reference is docs/cli.md.`

function buildProgram(argv: string[], done: (code: number) => void): Command {
  const program = new Command('orchive')
    .description('Backs up, browses and restores agent orchestrator workspaces.')
    .usage('VERB [options]')
    .version(toolVersion(), '--version', 'print the version')
    .helpOption('--help', 'show help')
    .commandsGroup('Help:')
    .helpCommand('help [verb]', 'help on a verb')
    .showSuggestionAfterError()
    .exitOverride(stopAt('orchive'))
    .configureOutput({
      // Help is cut off by its readers as often as lists are.
      writeOut: (text) => new Pipe(1).write(text),
      writeErr: (text) => (argv.includes('--json') ? undefined : new Pipe(2).write(text)),
      // Told once it is known which verb it is about.
      outputError: () => {},
    })
    .addHelpText('after', FOOTER)
  addGlobalOptions(program)
  const typed = verbTyped(argv)
  registerVerbs((path, description, declare, examples, load) => {
    const names = path.split(' ')
    if (typed !== null && names[0] !== typed) return
    const parent = names.slice(0, -1).reduce(groupOf, program)
    const command = parent.command(names.at(-1)!).description(description).helpOption('--help', 'show help')
    command.exitOverride(stopAt(`orchive ${path}`))
    if (parent === program) command.helpGroup(headingOf(path))
    declare(command)
    addGlobalOptions(command)
    command.addHelpText('after', `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${examples.map((line) => `  ${line}`).join('\n')}`)
    command.allowExcessArguments(false).action(async (...received: unknown[]) => {
      const self = received.at(-1) as Command
      const args = self.processedArgs.flat().filter((arg) => arg !== undefined) as string[]
      const body = await load()
      done(await perform(self.optsWithGlobals(), { path, argv }, (run) => body(run, args, self.opts())))
    })
  })
  return program
}

/** Whose next word is their value. */
const GLOBALS_WITH_VALUE = ['--home', '--actor', '--actor-id']

/**
 * The verb, or group of verbs, on a command line: then nothing else has to be declared, which takes a tenth of the time of a short verb. Null when there is
 * none of that name: help shows all, and a mistake is compared with all.
 */
function verbTyped(argv: readonly string[]): string | null {
  let at = 0
  while (argv[at]?.startsWith('-')) at += GLOBALS_WITH_VALUE.includes(argv[at]!) ? 2 : 1
  let isVerb = false
  registerVerbs((path) => {
    isVerb ||= path.split(' ', 1)[0] === argv[at]
  })
  return isVerb ? argv[at]! : null
}

function addGlobalOptions(command: Command): void {
  command
    .addOption(new Option('--home <dir>', 'where catalog, default repository and host config lie (default: $ORCHIVE_HOME)'))
    .addOption(new Option('--json', 'print JSON'))
    .addOption(new Option('--quiet', 'print only what was asked for, warnings and errors'))
    .addOption(new Option('--actor <name>').hideHelp())
    .addOption(new Option('--actor-id <id>').hideHelp())
}

/** Runs a body with its context, signals and errors taken care of. */
async function perform(
  options: GlobalOptions,
  { path, argv }: { path: string; argv: string[] },
  body: (run: Run) => ReturnType<Body>,
): Promise<number> {
  const speech = { json: options.json === true, quiet: options.quiet === true }
  let out = makeOutput({ ...speech, hasColor: false })
  let isDebug = false
  const abort = new AbortController()
  const fail = (error: unknown) => {
    const failure = abort.signal.aborted && !isAppError(error) ? CANCELLED : withHint(asFailure(error), path)
    out.error(failure, isDebug)
    return EXIT_OF_ERROR[failure.code]
  }
  const unlisten = listen(abort, argv, fail)
  try {
    const container = startContainer({ home: options.home })
    isDebug = container.env.isDebug
    out = makeOutput({ ...speech, hasColor: container.env.hasColor })
    const actor = { id: options.actorId ?? null, name: options.actor ?? container.env.userName }
    const ctx = container.contextFor({ ...actor, role: 'admin', via: options.actor === undefined ? 'cli' : 'console' })
    try {
      return (await body({ ctx, out, signal: abort.signal, command: commandLine(argv) })) ?? EXIT.ok
    } finally {
      container.close()
    }
  } catch (error) {
    return fail(error)
  } finally {
    unlisten()
  }
}

/** A mistake that says all but what to do leads to what can be given. */
function withHint(failure: AppError, path: string): AppError {
  if (failure.code !== 'usage' || failure.hint !== '') return failure
  const { message, context, cause } = failure
  return new AppError('usage', { message, hint: `See \`orchive ${path} --help\`.`, context, cause })
}

const CANCELLED = new AppError('cancelled', { message: 'Cancelled.', hint: 'Nothing was listed half done.' })

/** Verbs that may be swapping. */
const SWAPPING = ['restore', 'undo', 'settle']

/**
 * SIGINT and SIGTERM stop the verb cleanly; a second one ends it at once, which is as harmless as kill -9, but never a restore or undo:
 * it may be swapping. What no code caught is told like any other error.
 */
function listen(abort: AbortController, argv: string[], fail: (error: unknown) => number): () => void {
  const stop = () => {
    if (abort.signal.aborted && !SWAPPING.some((verb) => argv.includes(verb))) process.exit(EXIT.cancelled)
    abort.abort(CANCELLED)
  }
  const crash = (error: unknown) => process.exit(fail(error))
  process.on('SIGINT', stop).on('SIGTERM', stop)
  process.on('uncaughtException', crash).on('unhandledRejection', crash)
  return () => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    process.off('uncaughtException', crash).off('unhandledRejection', crash)
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
}

/** Errors of the system name the path and why; others come through as they are. */
function asFailure(error: unknown): AppError {
  const failure = toAppError(error)
  const errno = errnoOf(error)
  if (failure.code !== 'internal' || errno === null || !(error instanceof Error) || !('path' in error)) return failure
  return new AppError('io_failed', {
    message: `${String(error.path)} cannot be used: ${REASONS[errno] ?? errno}.`,
    hint:
      errno === 'EACCES' || errno === 'EPERM' ? 'Check its owner and mode, or run this as another user.' : 'Check the path and the disk.',
    cause: error,
  })
}

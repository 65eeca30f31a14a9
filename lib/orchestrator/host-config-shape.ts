/** The shape of the host file. Only read when there is one: loading zod costs a short command more than all else that it does. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { PathMapSchema } from '#lib/contracts/path-map.ts'
import { suggestKey } from './suggest-key.ts'

const seconds = (most: number) => z.number().positive().max(most)

/** A command as a list of words. Never a shell string: nothing in it is split, expanded or substituted. */
const Argv = z
  .array(
    z.string().refine((word) => !word.includes('\0'), 'a word with a NUL character cannot be given to a command'),
    {
      error: ({ input }) => (typeof input === 'string' ? shellString(input) : undefined),
    },
  )
  .min(1, 'the list is empty; its first word is the command')
  .refine(([first]) => first === undefined || isAbsolute(first) || /^[^/\0]+$/.test(first), {
    error: 'the first word is neither an absolute path nor the name of a command to be found on PATH',
    path: [0],
  })

/** An address that is asked with GET. */
const Address = z.string().superRefine((text, ctx) => {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    ctx.addIssue({ code: 'custom', message: 'it is not an http:// or https:// address' })
  } else if (url.username !== '' || url.password !== '') {
    ctx.addIssue({ code: 'custom', message: 'it holds a user or password; whoever may look at the workspace sees addresses' })
  }
})

const AbsolutePath = z.string().refine((path) => isAbsolute(path) && !path.includes('\0'), 'it is not an absolute path')

const Health = z.strictObject({
  url: Address,
  timeoutSeconds: seconds(600).default(5),
  /** Top-level fields of the JSON answer and the values they must have; without it any 2xx answer is healthy. */
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
})

const Process = z
  .strictObject({
    /** A regular expression over the command line, its words joined by single spaces. */
    match: z.string().min(1, 'it is empty and would match every process').refine(isRegExp, 'it is not a regular expression').optional(),
    pidFile: AbsolutePath.optional(),
  })
  .refine(({ match, pidFile }) => (match === undefined) !== (pidFile === undefined), 'exactly one of "match" and "pidFile" is expected')

const Runtime = z.strictObject({
  stop: Argv,
  start: Argv,
  restart: Argv.optional(),
  rebuild: Argv.optional(),
  stopTimeoutSeconds: seconds(86_400).default(30),
  startTimeoutSeconds: seconds(86_400).default(60),
  rebuildTimeoutSeconds: seconds(86_400).default(600),
  health: Health.optional(),
  stateReads: z.array(Address).default([]),
  process: Process.optional(),
})

const AbsoluteMap = PathMapSchema.strict().refine(({ from, to }) => isAbsolute(from) && isAbsolute(to), {
  error: '"from" and "to" are absolute paths',
})

const Drill = z.strictObject({ command: Argv, timeoutSeconds: seconds(86_400).default(120) })

const HostWorkspaceSchema = z.strictObject({
  runtime: Runtime.optional(),
  maps: z.array(AbsoluteMap).default([]),
  drill: Drill.optional(),
})

const HostFile = z.strictObject({ workspaces: z.record(z.string(), HostWorkspaceSchema).default({}) })

export type HostWorkspace = z.infer<typeof HostWorkspaceSchema>
export type HostRuntime = z.infer<typeof Runtime>
export type HostHealth = z.infer<typeof Health>
export type HostProcess = z.infer<typeof Process>

/** The parsed file, or each mistake as a sentence that names its key. */
export function parseHostFile(json: unknown): { workspaces: Record<string, HostWorkspace> } | { mistakes: string[] } {
  const parsed = HostFile.safeParse(json, { reportInput: true })
  return parsed.success ? parsed.data : { mistakes: parsed.error.issues.flatMap(sentencesOf) }
}

function sentencesOf(issue: z.core.$ZodIssue): string[] {
  const at = pathText(issue.path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key))
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    // A message of our own says more than the kinds do.
    if (!issue.message.startsWith('Invalid input')) return [`${at}: ${issue.message}.`]
    if (issue.input === undefined) return [`${at} is missing.`]
    return [
      `${at} is ${kindOf(issue.input)}; ${EXPECTED[issue.code === 'invalid_type' ? issue.expected : 'scalar'] ?? 'something else'} is expected.`,
    ]
  }
  if (issue.code === 'too_big') return [`${at} is more than ${issue.maximum}.`]
  if (issue.code === 'too_small' && issue.origin === 'number') return [`${at} is not more than ${issue.minimum}.`]
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.message.startsWith('Too small')) return [`${at} is empty.`]
  return [`${at}: ${issue.message}.`]
}

const EXPECTED: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  scalar: 'a text, a number, true, false or null',
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const known = knownKeys(path)
  const near = suggestKey(key, known)
  return `${pathText([...path, key])} is not a key Orchive knows. ${near ? `Did you mean "${near}"?` : `Known here: ${known.join(', ')}.`}`
}

/** The keys that an object at this path may have. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const [, , section, inner] = path
  if (path.length === 0) return Object.keys(HostFile.shape)
  if (section === undefined) return Object.keys(HostWorkspaceSchema.shape)
  if (section === 'maps') return Object.keys(PathMapSchema.shape)
  if (section === 'drill') return Object.keys(Drill.shape)
  if (inner === 'health') return Object.keys(Health.shape)
  if (inner === 'process') return Object.keys(Process.shape)
  return Object.keys(Runtime.shape)
}

/** `workspaces.prod.runtime.stop[0]`; a key that is no plain word stands in quotes. */
function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'The file'
  return path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`
      const word = String(part)
      return `${i === 0 ? '' : '.'}${/^[\w-]+$/.test(word) ? word : JSON.stringify(word)}`
    })
    .join('')
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return { string: 'a text', number: 'a number', boolean: 'true or false', object: 'an object' }[typeof value as string] ?? 'something else'
}

/** What a command written as one text would be as a list. */
function shellString(text: string): string {
  const words = /[|&;<>()$`*?~#]/.test(text) ? ['sh', '-c', text] : wordsOf(text)
  return `commands are lists of words, never one text; write ${JSON.stringify(words).replaceAll('","', '", "')}`
}

function wordsOf(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, double, single, bare]) => double ?? single ?? bare ?? '')
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

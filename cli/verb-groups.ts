import type { Command, CommanderError } from 'commander'

const GROUPS: Record<string, string> = {
  workspace: 'register and look at workspaces',
  drill: 'reports of drills; `orchive verify ARCHIVE --level drill` runs one',
  catalog: 'the index over the repositories',
  repository: 'where archives lie',
  key: 'what opens an encrypted repository',
  home: 'people, settings and the audit log: their copies beside the archives',
  recover: 'runbooks: guided recovery',
  retention: 'what is kept, and who agreed to what goes',
  policy: 'what a workspace keeps',
  schedule: 'what runs by itself, and when',
  replica: 'copies at other places',
  notify: 'who is told what',
  people: 'who can sign in to the console',
  audit: 'who did what, and whether the log is whole',
  export: 'the schedules for cron or systemd',
}

/** What the verbs of the first level are for, in the order of help. */
const HEADINGS: Record<string, readonly string[]> = {
  'Take archives, and bring files back:': ['workspace', 'backup', 'restore', 'undo', 'settle', 'export', 'import'],
  'Look:': ['archives', 'ls', 'cat', 'preview', 'find', 'history', 'diff', 'bisect', 'status', 'watch', 'disk'],
  'Prove:': ['verify', 'drill', 'evidence', 'recovery-sheet'],
  'When something is lost:': ['recover'],
  'Keep, and let go:': ['hold', 'release', 'accept', 'retention', 'forget', 'trash', 'unforget', 'prune'],
  'By itself:': ['serve', 'schedule', 'notify', 'metrics'],
  'Where archives lie:': ['repository', 'replica', 'catalog', 'home'],
  'Who:': ['people', 'audit'],
}

/** The heading that help has a verb, or group of verbs, below. */
export function headingOf(verb: string): string {
  return Object.keys(HEADINGS).find((heading) => HEADINGS[heading]!.includes(verb)) ?? 'Others:'
}

/** Makes a mistake say at which verb, or group of verbs, it was made. */
export const stopAt = (verb: string) => (error: CommanderError) => {
  throw Object.assign(error, { verb })
}

/** The group of this name below another one, made when it is not there yet. For `reduce` over the words of a verb. */
export function groupOf(parent: Command, name: string, at: number, path: readonly string[]): Command {
  const found = parent.commands.find((command) => command.name() === name)
  if (found) return found
  const group = parent.command(name).description(GROUPS[name] ?? '')
  group.exitOverride(stopAt(`orchive ${path.slice(0, at + 1).join(' ')}`))
  if (at === 0) group.helpGroup(headingOf(name))
  return group.usage('VERB [options]').helpOption('--help', 'show help').helpCommand(false)
}

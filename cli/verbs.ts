import { Option } from 'commander'
import type { Register } from './program.ts'

const collect = (value: string, all: string[]) => [...all, value]
const WAIT = ['--wait <seconds>', 'queue for this long when the repository is in use'] as const
/** The console's own: the job row it made for this run. */
const jobOption = () => new Option('--job <id>').hideHelp()

/** Every verb, with its arguments; bodies are loaded when they run, so that starting stays fast. */
export function registerVerbs(register: Register): void {
  register(
    'workspace add',
    'register a workspace by its root folder',
    (command) =>
      command
        .argument('<root>', 'folder of the orchestrator workspace')
        .option('--config <file>', 'the config file, when there are several')
        .option('--name <name>', 'how to call it (default: the folder’s name)')
        .option('--item <key=KEY,importance=LEVEL>', 'also back up what this config key names', collect, [])
        .option('--map <FROM=TO>', 'where a foreign path prefix lies on this host', collect, [])
        .addHelpText('after', '\nExample: orchive workspace add /opt/orchestrator --name prod --map /workspace=/opt/orchestrator'),
    async () => (await import('./commands/workspace.ts')).add,
  )
  register(
    'workspace list',
    'registered workspaces',
    (command) => command,
    async () => (await import('./commands/workspace.ts')).list,
  )
  register(
    'workspace show',
    'items as the config names them now',
    (command) => command.argument('[workspace]'),
    async () => (await import('./commands/workspace.ts')).show,
  )
  register(
    'workspace remove',
    'take a registration away; archives stay',
    (command) => command.argument('<workspace>'),
    async () => (await import('./commands/workspace.ts')).remove,
  )
  register(
    'workspace preview',
    'what adding a root would register',
    (command) =>
      command
        .argument('<root>')
        .option('--config <file>')
        .option('--name <name>')
        .option('--item <item>', '', collect, [])
        .option('--map <map>', '', collect, []),
    async () => (await import('./commands/workspace.ts')).preview,
  )
  register(
    'backup',
    'take an archive',
    (command) =>
      command
        .argument('[workspace]')
        .option('--note <text>', 'a note kept with the archive')
        .option('--rescan', 'read every file, whatever the disk says')
        .option(...WAIT)
        .addOption(jobOption())
        .addHelpText('after', '\nExample, nightly from cron: 0 2 * * * root /path/to/orchive backup --quiet'),
    async () => (await import('./commands/backup.ts')).backup,
  )
  register(
    'status',
    'what changed on disk since the newest archive',
    (command) => command.argument('[workspace]'),
    async () => (await import('./commands/status.ts')).status,
  )
  register(
    'archives',
    'archives, newest first',
    (command) => command.argument('[workspace]'),
    async () => (await import('./commands/archives.ts')).archives,
  )
  register(
    'ls',
    'what an archive holds',
    (command) =>
      command
        .argument('<archive>', 'arc_…, a prefix of it, latest, latest~N or @TIME')
        .argument('[path]')
        .option('--recursive', 'everything below, too'),
    async () => (await import('./commands/archives.ts')).ls,
  )
  register(
    'cat',
    'a file’s content',
    (command) =>
      command
        .argument('<archive>')
        .argument('<path>')
        .option('--offset <bytes>', 'start here')
        .option('--length <bytes>', 'at most this much'),
    async () => (await import('./commands/content.ts')).cat,
  )
  register(
    'find',
    'names over all archives',
    (command) => command.argument('<pattern>', 'part of a name, or a glob').argument('[workspace]'),
    async () => (await import('./commands/archives.ts')).find,
  )
  register(
    'history',
    'versions of one path',
    (command) => command.argument('<path>').argument('[workspace]'),
    async () => (await import('./commands/archives.ts')).history,
  )
  register(
    'export',
    'an archive as a plain tar file',
    (command) =>
      command
        .argument('<archive>')
        .argument('[path...]', 'only these')
        .addOption(new Option('--format <format>', 'how').choices(['tar', 'tar.zst', 'tar.gz']).default('tar.gz'))
        .option('-o, --output <file>', 'where to (default: stdout)')
        .addHelpText('after', '\nExample: orchive export latest --format tar.zst -o latest.tar.zst'),
    async () => (await import('./commands/content.ts')).exportTo,
  )
  register(
    'restore',
    'get files back',
    (command) =>
      command
        .argument('<archive>')
        .argument('[path...]', 'archive paths; none = everything')
        .option('--target <dir>', 'lay the archive’s own paths under this folder')
        .option('--in-place', 'put items where the config says')
        .option('--dry-run', 'only show what would happen')
        .addOption(
          new Option('--conflict <mode>', 'what to do with what is there (default: fail for --target, overwrite for --in-place)').choices([
            'fail',
            'overwrite',
            'skip',
            'newer',
          ]),
        )
        .option('--exact', 'move what the archive lacks to quarantine')
        .option('--yes', 'do not ask')
        .option(...WAIT)
        .addOption(new Option('--digest <digest>').hideHelp())
        .addOption(jobOption())
        .addHelpText(
          'after',
          '\nExamples:\n  orchive restore latest --target /tmp/look\n  orchive restore latest~1 orchestrator_state.json --in-place --dry-run',
        ),
    async () => (await import('./commands/restore.ts')).restore,
  )
  register(
    'verify',
    'prove that archives can be restored',
    (command) =>
      command
        .argument('[archive]')
        .option('--all', 'every archive, and every object of the repository')
        .addOption(
          new Option('--level <level>', 'how deep').choices(['bytes', 'structure', 'content', 'config', 'drill']).default('content'),
        )
        .addOption(jobOption()),
    async () => (await import('./commands/verify.ts')).verify,
  )
  register(
    'hold',
    'keep an archive, whatever the policy',
    (command) =>
      command.argument('<archive>').requiredOption('--reason <text>', 'why').option('--until <date>', 'until when (default: for ever)'),
    async () => (await import('./commands/marks.ts')).hold,
  )
  register(
    'release',
    'end a hold',
    (command) => command.argument('<archive>'),
    async () => (await import('./commands/marks.ts')).release,
  )
  register(
    'accept',
    'accept a suspect archive as it is',
    (command) => command.argument('<archive>').requiredOption('--reason <text>', 'why'),
    async () => (await import('./commands/marks.ts')).accept,
  )
  register(
    'catalog rebuild',
    'make the catalog again from the repository',
    (command) => command.addOption(jobOption()),
    async () => (await import('./commands/catalog.ts')).rebuild,
  )
  register(
    'repository stats',
    'where archives lie, and how much',
    (command) => command,
    async () => (await import('./commands/repository.ts')).stats,
  )
  register(
    'repository init',
    'make a repository in an empty folder',
    (command) => command.argument('<dir>'),
    async () => (await import('./commands/repository.ts')).init,
  )
  register(
    'serve',
    'the console',
    (command) => command.addOption(new Option('--dev').hideHelp()),
    async () => (await import('./commands/serve.ts')).serve,
  )
}

import { Option } from 'commander'
import type { Register } from '../program.ts'
import { ARCHIVE, replicaOption, workspaceOption } from './arguments.ts'

const lists = () => import('../commands/archives.ts')
const content = () => import('../commands/content.ts')

/** Declares the verbs that only look. */
export function registerReading(register: Register): void {
  register(
    'status',
    'what changed on disk since the newest archive',
    (command) => command.argument('[workspace]'),
    ['orchive status prod'],
    async () => (await import('../commands/status.ts')).status,
  )
  register(
    'watch',
    'look at the live state and config as a backup would, and keep since when one is damaged',
    (command) => command.argument('[workspace]'),
    ['orchive watch prod'],
    async () => (await import('../commands/watch.ts')).watch,
  )
  register(
    'evidence',
    'whether a workspace is recoverable, and on which proofs that rests',
    (command) => command.argument('[workspace]'),
    ['orchive evidence prod', 'orchive evidence prod --json > evidence.json'],
    async () => (await import('../commands/evidence.ts')).evidence,
  )
  register(
    'recovery-sheet',
    'what to have on paper: where the archives lie, which to take, how to get it out',
    (command) => command.argument('[workspace]'),
    ['orchive recovery-sheet prod > recovery-sheet.txt', 'orchive recovery-sheet prod | lp'],
    async () => (await import('../commands/recovery-sheet.ts')).recoverySheetVerb,
  )
  register(
    'archives',
    'archives, newest first',
    (command) => command.argument('[workspace]', 'default: of all workspaces'),
    ['orchive archives prod', "orchive archives --json | jq -r '.[0].id'"],
    async () => (await lists()).archives,
  )
  register(
    'ls',
    'what an archive holds',
    (command) =>
      command
        .argument('<archive>', ARCHIVE)
        .argument('[path]', 'a folder or file (default: the top)')
        .option('--recursive', 'everything below, too')
        .addOption(workspaceOption()),
    ['orchive ls latest', 'orchive ls latest knowledge-packs --recursive'],
    async () => (await lists()).ls,
  )
  register(
    'cat',
    'a file’s content to stdout',
    (command) =>
      command
        .argument('<archive>', ARCHIVE)
        .argument('<path>')
        .option('--offset <bytes>', 'start here')
        .option('--length <bytes>', 'at most this much')
        .addOption(replicaOption())
        .addOption(workspaceOption()),
    ['orchive cat latest orchestrator_state.json | jq .updatedAt'],
    async () => (await content()).cat,
  )
  register(
    'preview',
    'a window of a text file with its secrets masked',
    (command) =>
      command.argument('<archive>', ARCHIVE).argument('<path>').option('--offset <bytes>', 'start here').addOption(workspaceOption()),
    ['orchive preview latest orchestrator_config.json'],
    async () => (await content()).preview,
  )
  register(
    'find',
    'names over all archives',
    (command) => command.argument('<pattern>', 'part of a name, or a glob').argument('[workspace]', 'default: of all workspaces'),
    ['orchive find incident', "orchive find '*.jsonl' prod"],
    async () => (await lists()).find,
  )
  register(
    'history',
    'versions of one path',
    (command) => command.argument('<path>').argument('[workspace]'),
    ['orchive history orchestrator_state.json prod'],
    async () => (await lists()).history,
  )
  register(
    'diff',
    'what differs between two archives, or an archive and the live workspace',
    (command) =>
      command
        .argument('<a>', `${ARCHIVE}, or live`)
        .argument('[b]', 'the newer side (default: live)')
        .option('--path <path>', 'of one file: JSON by its records, everything else as text')
        .option('--text', 'JSON as text, too (with --path)')
        .option('--offset <bytes>', 'where a window of a large text starts (with --path)')
        .option('--limit <count>', 'list at most this many changes, or records of a list')
        .addOption(workspaceOption()),
    ['orchive diff latest', 'orchive diff latest~7 latest', 'orchive diff latest live --path orchestrator_state.json'],
    async () => (await import('../commands/diff.ts')).diff,
  )
  register(
    'bisect',
    'between which two archives a file broke',
    (command) =>
      command
        .argument('<path>')
        .argument('[workspace]')
        .addOption(
          new Option(
            '--where <condition>',
            'what has to hold of the JSON, e.g. “/taskHistory/length > 100” (default: it parses)',
          ).conflicts('exists'),
        )
        .option('--exists', 'only that the file is there'),
    ['orchive bisect orchestrator_state.json', "orchive bisect orchestrator_config.json --where '/digest/maxItems = 10'"],
    async () => (await import('../commands/bisect.ts')).bisect,
  )
  register(
    'export',
    'an archive as a plain tar file',
    (command) =>
      command
        .argument('<archive>', ARCHIVE)
        .argument('[path...]', 'only these, and what is below them')
        .addOption(new Option('--format <format>', 'default: as FILE is called, else tar.gz').choices(['tar', 'tar.zst', 'tar.gz']))
        .option('-o, --output <file>', 'where to (default: stdout)')
        .addOption(replicaOption())
        .addOption(workspaceOption()),
    ['orchive export latest -o latest.tar.zst', 'orchive export latest --format tar.gz | ssh host "cat > latest.tar.gz"'],
    async () => (await content()).exportTo,
  )
}

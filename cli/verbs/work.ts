import { Option } from 'commander'
import type { Register } from '../program.ts'
import { ARCHIVE, jobOption, replicaOption, waitOption, workspaceOption } from './arguments.ts'

const CONFLICTS = ['fail', 'overwrite', 'skip', 'newer']
const LEVELS = ['bytes', 'structure', 'content', 'config', 'drill']

/** Declares the verbs that work for long: backup, restore, verify. */
export function registerWork(register: Register): void {
  register(
    'backup',
    'take an archive',
    (command) =>
      command
        .argument('[workspace]')
        .option('--note <text>', 'a note kept with the archive')
        .option('--rescan', 'read every file, whatever the disk says about it')
        .option('--skip-unchanged', 'take no archive when nothing changed since the newest one')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive backup prod --note "before the upgrade"', '0 2 * * *  root  /path/to/orchive/bin/orchive backup --quiet --wait 3600'],
    async () => (await import('../commands/backup.ts')).backup,
  )
  register(
    'restore',
    'get files back',
    (command) =>
      command
        .argument('<archive>', ARCHIVE)
        .argument('[path...]', 'archive paths as `ls` shows them; none = everything')
        .option('--target <dir>', 'lay the archive’s own paths under this folder')
        .option('--in-place', 'put items where the config says, after a safety archive of what is there')
        .option('--dry-run', 'only show what would happen')
        .addOption(
          new Option('--conflict <mode>', 'what to do with what is there (default: fail for --target, overwrite in place)').choices(
            CONFLICTS,
          ),
        )
        .addOption(replicaOption())
        .option('--exact', 'move what the archive lacks to quarantine')
        .option('--yes', 'do not ask')
        .addOption(workspaceOption())
        .addOption(waitOption())
        .addOption(new Option('--digest <digest>').hideHelp())
        .addOption(jobOption()),
    [
      'orchive restore latest --target /tmp/look',
      'orchive restore latest~1 orchestrator_state.json --in-place --dry-run',
      'orchive restore @2026-11-24T02:00Z knowledge-packs --in-place',
    ],
    async () => (await import('../commands/restore.ts')).restore,
  )
  register(
    'undo',
    'take a restore in place back',
    (command) =>
      command
        .argument('[job]', 'the job that a restore told as `undo`, or the beginning of its id')
        .option('--list', 'show what can be undone')
        .option('--force', 'also when the workspace moved on since; what it has now goes to quarantine')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive undo --list', 'orchive undo job_3f2a9c'],
    async () => (await import('../commands/undo.ts')).undo,
  )
  register(
    'settle',
    'finish or roll back an interrupted restore',
    (command) =>
      command
        .argument('[workspace]', 'default: all')
        .option('--abandon', 'leave everything as it is, and let go of the journal')
        .addOption(new Option('--wait <seconds>', 'wait for this long for a restore that is under way')),
    ['orchive settle prod', 'ExecStartPre=/path/to/orchive/bin/orchive settle prod --quiet'],
    async () => (await import('../commands/settle.ts')).settle,
  )
  register(
    'verify',
    'prove that archives can be restored',
    (command) =>
      command
        .argument('[archive]', `${ARCHIVE} (default: latest)`)
        .option('--all', 'every archive, and every object of the repository')
        .option('--due', 'the archives of a workspace whose proof is oldest or about to expire')
        .option('--budget <minutes>', 'with --due: begin no further archive after this long')
        .addOption(new Option('--level <level>', 'how deep; drill restores it into scratch').choices(LEVELS).default('content'))
        .option('--scratch <dir>', 'where a drill restores to (default: below the home folder)')
        .addOption(replicaOption())
        .addOption(workspaceOption())
        .addOption(jobOption()),
    [
      'orchive verify latest',
      'orchive verify latest --level drill',
      'orchive verify --due --budget 10',
      'orchive verify --all --level bytes',
    ],
    async () => (await import('../commands/verify.ts')).verify,
  )
  register(
    'drill report',
    'what a drill did and found',
    (command) => command.argument('[job]', 'default: the newest drill').option('--html <file>', 'as a page to print, into a new file'),
    ['orchive drill report', 'orchive drill report --html drill.html'],
    async () => (await import('../commands/drill.ts')).report,
  )
}

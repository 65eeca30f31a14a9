import { Option } from 'commander'
import type { Register } from '../program.ts'
import { ARCHIVE, jobOption, placeOptions, unlocking, waitOption, workspaceOption } from './arguments.ts'

const marks = () => import('../commands/marks.ts')
const repository = () => import('../commands/repository.ts')

/** Declares the verbs about marks, catalog, repositories and the console. */
export function registerUpkeep(register: Register): void {
  register(
    'hold',
    'keep an archive, whatever the policy says',
    (command) =>
      command
        .argument('<archive>', ARCHIVE)
        .requiredOption('--reason <text>', 'why')
        .option('--until <date>', 'until when (default: for ever)')
        .addOption(workspaceOption()),
    ['orchive hold latest --reason "before the migration" --until 2027-01-31'],
    async () => (await marks()).hold,
  )
  register(
    'release',
    'end a hold',
    (command) => command.argument('<archive>', ARCHIVE).addOption(workspaceOption()),
    ['orchive release arc_51f0'],
    async () => (await marks()).release,
  )
  register(
    'accept',
    'accept a suspect archive as it is',
    (command) => command.argument('<archive>', ARCHIVE).requiredOption('--reason <text>', 'why').addOption(workspaceOption()),
    ['orchive accept latest --reason "the history was cleared on purpose"'],
    async () => (await marks()).accept,
  )
  register(
    'import',
    'take exported archives in, or adopt other tar files into a workspace: a file, or a folder of them',
    (command) =>
      command
        .argument('<path>', '.tar, .tar.gz or .tar.zst')
        .argument('[workspace]', 'what files that are no exports are of, such as orchestrator-*.tar.gz')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive import prod.tar.zst', 'orchive import /backup/orchestrator prod'],
    async () => (await import('../commands/import.ts')).importVerb,
  )
  register(
    'catalog rebuild',
    'make the catalog again from the repositories',
    (command) => command.addOption(jobOption()),
    ['orchive catalog rebuild'],
    async () => (await import('../commands/catalog.ts')).rebuild,
  )
  register(
    'repository stats',
    'where archives lie, and how much',
    (command) => command,
    ['orchive repository stats'],
    async () => (await repository()).stats,
  )
  register(
    'repository floor',
    'how much has to stay free where archives lie; below it backups pause',
    (command) => command.argument('[size]', 'such as 5GB; 0 = backups never pause, default = the smaller of 1 GB and 5 % of the disk'),
    ['orchive repository floor', 'orchive repository floor 20GB'],
    async () => (await repository()).floor,
  )
  register(
    'repository init',
    'make a repository in an empty folder; new workspaces go there',
    (command) =>
      command
        .argument('<dir>')
        .option('--encrypt', 'encrypt everything in it; prints a recovery key, once')
        .option('--passphrase-file <file>', 'a passphrase that opens it as well; - = standard input'),
    ['orchive repository init /backup/orchive', 'orchive repository init /mnt/nas/orchive --encrypt'],
    async () => (await repository()).init,
  )
  register(
    'repository migrate',
    'write everything into a new repository with other keys, and let it take over',
    (command) =>
      command
        .argument('<dir>', 'an empty folder for the new one; the same again to go on')
        .option('--encrypt', 'the new one is encrypted; so it is without being said where the old one is')
        .option('--plain', 'the new one is not encrypted, though the old one is')
        .option('--passphrase-file <file>', 'a passphrase that opens the new one as well; - = standard input')
        .option('--repository <dir>', 'which one to migrate, where there are several (default: the one that new workspaces go to)')
        .option(
          '--leave-out <archive>',
          'an archive that is given up; may be given several times',
          (archive, before: string[]) => [...before, archive],
          [],
        )
        .option('--switch', 'at the end, workspaces use the new one')
        .option('--leave-replicas', 'with --switch: replicas do not go on at a place beside their old one')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive repository migrate /mnt/nas/sealed --encrypt', 'orchive repository migrate /mnt/nas/sealed --switch'],
    async () => (await import('../commands/migrate.ts')).migrate,
  )
  register(
    'repository attach',
    'take over a repository that exists: its archives, its workspaces',
    (command) => unlocking(command.argument('<dir>')).addOption(jobOption()),
    ['orchive repository attach /mnt/saved/repository', 'orchive repository attach /mnt/nas/orchive --key-file recovery.key'],
    async () => (await repository()).attach,
  )
  register(
    'repository places',
    'places somewhere else that this home reads, such as the copy that a lost host came back from',
    (command) => command,
    ['orchive repository places'],
    async () => (await repository()).places,
  )
  register(
    'repository detach',
    'forget a place that is only read: what opens it, and its archives here; nothing there is touched',
    (command) => command.argument('<place>', 'its id, or as `repository places` lists it').addOption(jobOption()),
    ['orchive repository detach s3://backups/prod', 'orchive repository detach 0f3a5c7e9b1d2468'],
    async () => (await repository()).detach,
  )
  register(
    'repository unlock',
    'give this host a key to an encrypted repository, and do nothing else: before `home restore` on a new host',
    (command) => unlocking(command.argument('<dir>')),
    ['orchive repository unlock /mnt/nas/orchive --key-file recovery.key'],
    async () => (await repository()).unlock,
  )
  register(
    'repository heal',
    'find again what is damaged or missing: in what is still whole, other repositories, and live files',
    (command) =>
      command
        .option(
          '--from <dir>',
          'another repository that may have it; may be given several times',
          (dir, before: string[]) => [...before, dir],
          [],
        )
        .option('--repository <dir>', 'which one to heal, where there are several (default: all)')
        .option('--dry-run', 'look and tell, change nothing')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive repository heal --dry-run', 'orchive repository heal --from /mnt/copy/repository'],
    async () => (await import('../commands/heal.ts')).heal,
  )
  register(
    'home copy',
    'copy people, settings and the audit log beside the archives; a running console does so by itself',
    (command) => command,
    ['orchive home copy'],
    async () => (await import('../commands/home.ts')).copy,
  )
  register(
    'home restore',
    'bring people, settings and the audit log back on a new host, from beside the archives',
    (command) =>
      unlocking(placeOptions(command))
        .option('--repository <dir>', 'the repository, or a copy of it')
        .option('--force', 'also where there is a database: it is moved aside'),
    ['orchive home restore --repository /mnt/saved/repository'],
    async () => (await import('../commands/home.ts')).restore,
  )
  register(
    'serve',
    'the console, until it is stopped',
    (command) => command.addOption(new Option('--dev').hideHelp()),
    ['orchive serve', 'ORCHIVE_PORT=8080 ORCHIVE_BIND=0.0.0.0 orchive serve'],
    async () => (await import('../commands/serve.ts')).serve,
  )
}

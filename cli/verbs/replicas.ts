import { type Command, Option } from 'commander'
import type { Register } from '../program.ts'
import { collect, jobOption, waitOption } from './arguments.ts'

const verbs = () => import('../commands/replica.ts')

/** Options that say where copies lie and how they are kept. */
function keeping(command: Command): Command {
  return command
    .option('--folder <dir>', 'copies go to a folder: another disk, or a mounted share')
    .option('--s3 <s3://bucket/prefix>', 'copies go to a bucket of an S3-compatible store')
    .option('--endpoint <url>', 'of the store; left out = AWS itself')
    .option('--region <region>', 'of the bucket (default: us-east-1)')
    .addOption(
      new Option('--object-lock <mode>', 'lock objects; for a folder: the immutable attribute').choices(['governance', 'compliance']),
    )
    .option('--plain-http', 'allow http:// to loopback and private addresses')
    .option('--sftp <user@host:/path>', 'copies go to a server that speaks SFTP; a port as user@host:2222/path')
    .option('--fingerprint <SHA256:…>', 'the host key of that server, as ssh-keygen -lf prints it')
    .option('--secrets <file>', 'JSON with the keys of the place; - = stdin, so that they stand in no command line')
    .option('--lock-days <days>', 'everything that an archive needs stays undeletable for so long after each sync; none = no locks')
    .option('--schedule <cron>', 'copy by the clock, in the workspace’s zone; never = not by the clock')
    .option('--no-after-backup', 'do not copy after every backup')
    .option('--speed <size>', 'bytes a second, such as 5MB; full = as fast as it goes')
    .option('--hours <from-to=speed>', 'another speed at some hours: 08:00-18:00=1MB; may be given several times', collect, [])
    .option('--recheck <percent>', 'so much of the copy is read back with each sync (default: 2)')
    .option('--keep <field=number>', 'what the copy keeps, other than the workspace: dailyDays=90; may be given several times', collect, [])
    .option('--lag-hours <hours>', 'alarm when an archive is not copied after so long (default: 26)')
}

/** Declares the verbs about copies at other places. */
export function registerReplicas(register: Register): void {
  register(
    'replica add',
    'keep copies of a workspace’s archives at another place',
    (command) =>
      keeping(command.argument('<name>', 'what to call it').argument('[workspace]'))
        .option('--take-over', 'the home that kept this place is gone for good')
        .option('--no-test', 'add it without trying the place, which cannot be reached yet'),
    [
      'orchive replica add disk prod --folder /mnt/second/orchive',
      'orchive replica add vault prod --s3 s3://backups/prod --endpoint https://s3.example.org --object-lock compliance --lock-days 30 --secrets keys.json',
      'orchive replica add nas prod --sftp backup@nas:/volume1/orchive --fingerprint SHA256:… --secrets -',
    ],
    async () => (await verbs()).add,
  )
  register(
    'replica change',
    'change a replica; what is left out stays',
    (command) =>
      // Before its negation, which would else be the default.
      keeping(command.argument('<replica>', 'a name or id').option('--after-backup', 'copy after every backup'))
        .option('--name <name>', 'call it otherwise')
        .option('--no-test', 'take another place, or other keys, without trying them')
        .option('--pause', 'copy nothing until it is resumed')
        .option('--resume', 'copy again'),
    ['orchive replica change vault --lock-days 60', 'orchive replica change disk --schedule "0 4 * * *"'],
    async () => (await verbs()).change,
  )
  register(
    'replica list',
    'all replicas, and how far each is',
    (command) => command.argument('[workspace]'),
    ['orchive replica list'],
    async () => (await verbs()).list,
  )
  register(
    'replica show',
    'one replica: what is there, what is wrong, what comes next',
    (command) => command.argument('<replica>', 'a name or id'),
    ['orchive replica show vault'],
    async () => (await verbs()).show,
  )
  register(
    'replica test',
    'try the place with a small object, and say what it can do',
    (command) => command.argument('<replica>', 'a name or id'),
    ['orchive replica test vault'],
    async () => (await verbs()).test,
  )
  register(
    'replica estimate',
    'what the next sync would transfer, in bytes and requests',
    (command) => command.argument('<replica>', 'a name or id'),
    ['orchive replica estimate vault'],
    async () => (await verbs()).estimate,
  )
  register(
    'replica sync',
    'copy what is missing, check some of what is there, take off what the copy’s policy lets go',
    (command) =>
      command
        .argument('[replica]', 'a name or id (default: the only one)')
        .option('--all', 'every replica that is not paused')
        .option('--due', 'those that are due by their settings; for cron')
        .option('--workspace <workspace>', 'with --all or --due: only of this workspace')
        .option('--no-recheck', 'read nothing back')
        .option('--take-over', 'the home that kept this place is gone for good, or the place was emptied: fill it again')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive replica sync vault', 'orchive replica sync --due --quiet'],
    async () => (await verbs()).sync,
  )
  register(
    'replica verify',
    'read everything on the copy back, and put right from here what is damaged',
    (command) =>
      command
        .argument('[replica]', 'a name or id (default: the only one)')
        .option('--workspace <workspace>', 'only of this workspace')
        .option('--all', 'every replica that is not paused')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive replica verify vault'],
    async () => (await verbs()).verify,
  )
  register(
    'replica acknowledge',
    'end the alarm about copies that somebody deleted or overwrote, once it was looked into',
    (command) => command.argument('<replica>', 'a name or id').requiredOption('--reason <text>', 'what was found'),
    ['orchive replica acknowledge vault --reason "a lifecycle rule of the bucket, removed"'],
    async () => (await verbs()).acknowledge,
  )
  register(
    'replica remove',
    'forget a replica; what lies at its place stays there',
    (command) => command.argument('<replica>', 'a name or id'),
    ['orchive replica remove disk'],
    async () => (await verbs()).remove,
  )
}

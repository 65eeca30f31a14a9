import { type Command, Option } from 'commander'

/** What an ARCHIVE may be. */
export const ARCHIVE = 'arc_…, a prefix of it, latest, latest~N or @TIME'

/** `--wait SECONDS` */
export const waitOption = () => new Option('--wait <seconds>', 'queue for this long when the repository is in use')

/** The console's own: the job row it made for this run. */
export const jobOption = () => new Option('--job <id>').hideHelp()

/** Whose `latest` is meant when there are several workspaces. */
export const workspaceOption = () => new Option('--workspace <workspace>', 'whose `latest` or @TIME is meant (default: the newest of all)')

/** Gathers an option that may be given several times. */
export const collect = (value: string, all: string[]) => [...all, value]

/** Where archives are read from instead of their repository. */
export const replicaOption = () => new Option('--from-replica <replica>', 'read from this replica, as far as it is needed')
/** Declares how somebody who opens an encrypted repository shows that they may. */
export const unlocking = (command: Command): Command =>
  command
    .option('--passphrase-file <file>', 'a passphrase of it, where it is encrypted; - = standard input')
    .option('--key-file <file>', 'its recovery key, or the key file of another host')

/** A copy somewhere else that a lost host comes back from. */
export const placeOptions = (command: Command): Command =>
  command
    .option('--folder <dir>', 'begin from a copy in a folder, which is only read')
    .option('--s3 <s3://bucket/prefix>', 'begin from a copy in a bucket: what is needed is read from there')
    .option('--endpoint <url>', 'of the store; left out = AWS itself')
    .option('--region <region>', 'of the bucket (default: us-east-1)')
    .addOption(
      new Option('--object-lock <mode>', 'put back first what somebody deleted there, as far as locks kept it').choices([
        'governance',
        'compliance',
      ]),
    )
    .option('--plain-http', 'allow http:// to loopback and private addresses')
    .option('--sftp <user@host:/path>', 'begin from a copy on a server that speaks SFTP')
    .option('--fingerprint <SHA256:…>', 'the host key of that server')
    .option('--secrets <file>', 'JSON with the keys of that place; - = stdin')

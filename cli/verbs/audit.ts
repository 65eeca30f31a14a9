import { type Command, Option } from 'commander'
import { AUDIT_FORMATS } from '#lib/contracts/audit-formats.ts'
import type { Register } from '../program.ts'

const verbs = () => import('../commands/audit.ts')

/** Which lines of the log. */
const filtered = (command: Command) =>
  command
    .option('--by <name>', 'who')
    .option('--action <action>', 'what, e.g. archive.hold')
    .option('--kind <kind>', 'to which kind of object, e.g. archive')
    .option('--object <id>', 'to which object')
    .option('--workspace <workspace>', 'in which workspace')
    .option('--from <time>', 'from this moment on, ISO 8601')
    .option('--to <time>', 'up to this moment')

/** Declares the verbs about the audit log. */
export function registerAudit(register: Register): void {
  register(
    'audit list',
    'who did what to which object from where, newest first',
    (command) => filtered(command).option('--limit <n>', 'so many at most', '50'),
    ['orchive audit list', 'orchive audit list --action archive.forget --from 2026-11-01'],
    async () => (await verbs()).list,
  )
  register(
    'audit verify',
    'walk the hash chain of the log and hold it against its copies: whether a line was changed, taken out, put in or cut off',
    (command) => command,
    ['orchive audit verify'],
    async () => (await verbs()).verify,
  )
  register(
    'audit mirror',
    'copy what is new in the log beside the archives of every repository; a running console does so by itself',
    (command) => command,
    ['orchive audit mirror'],
    async () => (await verbs()).mirror,
  )
  register(
    'audit export',
    'the log to stdout',
    (command) =>
      filtered(command).addOption(new Option('--format <format>', 'csv, or json: a document a line').choices(AUDIT_FORMATS).default('csv')),
    ['orchive audit export > audit.csv', 'orchive audit export --format json --from 2026-11-01 > november.ndjson'],
    async () => (await verbs()).exportLog,
  )
}

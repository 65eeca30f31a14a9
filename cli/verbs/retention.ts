import type { Command } from 'commander'
import type { Register } from '../program.ts'
import { collect, jobOption, waitOption } from './arguments.ts'

const verbs = () => import('../commands/retention.ts')
const policies = () => import('../commands/retention-policy.ts')

/** The numbers of a policy, as a draft or to be set. */
const numbers = (command: Command, more = '') =>
  command
    .option('--keep-last <count>', `keep the newest so many${more}`)
    .option('--daily <days>', `of each day, the newest archive for so many days${more}`)
    .option('--weekly <weeks>', `of each ISO week, for so many weeks${more}`)
    .option('--monthly <months>', `of each month, for so many months${more}`)
    .option('--yearly <years>', `of each year, for so many years${more}`)
    .option('--other <days>', `safety archives, parts and released offload archives for so many days${more}`)

/** Declares the verbs about what is kept. */
export function registerRetention(register: Register): void {
  register(
    'retention plan',
    'which archives the policy keeps, which would go, and why; changes nothing',
    (command) => numbers(command.argument('[workspace]')),
    ['orchive retention plan prod', 'orchive retention plan prod --daily 14 --weekly 8'],
    async () => (await verbs()).plan,
  )
  register(
    'retention propose',
    'freeze the plan as a proposal that somebody approves',
    (command) =>
      numbers(command.argument('[workspace]'))
        .option('--note <text>', 'what for')
        .option('--digest <digest>', 'only the plan with this digest; refuse any other'),
    ['orchive retention propose prod', 'orchive retention propose prod --daily 14 --note "less history"'],
    async () => (await verbs()).proposeVerb,
  )
  register(
    'retention apply',
    'do exactly what a proposal says: move its archives to the trash',
    (command) =>
      command
        .argument('<proposal>', 'P-0041')
        .option('--reason <text>', 'why, for the audit log, when nobody approved it in the console')
        .option('--yes', 'do not ask, even when more than half of the archives go')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive retention apply P-0041'],
    async () => (await verbs()).apply,
  )
  register(
    'retention reject',
    'reject a proposal: nothing goes',
    (command) => command.argument('<proposal>', 'P-0041').requiredOption('--reason <text>', 'why'),
    ['orchive retention reject P-0041 --reason "wait for the audit"'],
    async () => (await verbs()).reject,
  )
  register(
    'retention list',
    'proposals of a workspace, newest first',
    (command) => command.argument('[workspace]').option('--limit <count>', 'how many (default: 20)'),
    ['orchive retention list prod'],
    async () => (await verbs()).list,
  )
  register(
    'retention show',
    'one proposal with its plan',
    (command) => command.argument('<proposal>', 'P-0041'),
    ['orchive retention show P-0041'],
    async () => (await verbs()).show,
  )
  register(
    'retention policy show',
    'what a workspace keeps, and what of it is inherited',
    (command) => command.argument('[workspace]'),
    ['orchive retention policy show prod'],
    async () => (await policies()).showPolicy,
  )
  register(
    'retention policy set',
    'change what a workspace keeps, or all of them; nothing goes by that',
    (command) =>
      numbers(command.argument('[workspace]'), '; `inherit` = as the default')
        .option('--keep-kind <kind>', 'every archive of this kind stays; several times, or `inherit`', collect, [])
        .option('--keep-note <word>', 'archives whose note holds it stay; several times, or `inherit`', collect, [])
        .option('--time-zone <zone>', 'by whose days and weeks; `inherit` = the workspace’s')
        .option('--second-person <on|off>', 'whether somebody other than who proposed has to approve')
        .option('--expires-after <hours>', 'how long a proposal waits for a decision')
        .option('--schedule <cron>', 'when proposals are raised; `never` = by hand')
        .option('--all', 'the default that all workspaces inherit'),
    ['orchive retention policy set prod --daily 14 --weekly inherit', 'orchive retention policy set --all --yearly 3'],
    async () => (await policies()).setPolicyVerb,
  )
}

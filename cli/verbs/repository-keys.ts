import type { Command } from 'commander'
import type { Register } from '../program.ts'

const keys = () => import('../commands/repository-key.ts')
const ofRepository = (command: Command) =>
  command.option('--repository <dir>', 'which one, where there are several (default: the one that new workspaces go to)')

/** Declares the verbs about who can open an encrypted repository. */
export function registerRepositoryKeys(register: Register): void {
  register(
    'repository key list',
    'who can open an encrypted repository: its key slots',
    (command) => ofRepository(command),
    ['orchive repository key list'],
    async () => (await keys()).list,
  )
  register(
    'repository key add',
    'add a passphrase, or another recovery key to print',
    (command) =>
      ofRepository(command)
        .option('--passphrase-file <file>', 'the passphrase; - = standard input')
        .option('--recovery', 'make a key and print it, instead of a passphrase')
        .option('--label <text>', 'what people call it'),
    ['orchive repository key add --label "safe of the team"', 'orchive repository key add --recovery'],
    async () => (await keys()).add,
  )
  register(
    'repository key revoke',
    'take a key slot away; never the last one',
    (command) => ofRepository(command.argument('<slot>')),
    ['orchive repository key revoke key_0123456789abcdef'],
    async () => (await keys()).revoke,
  )
  register(
    'repository key rename',
    'call a key slot something else',
    (command) => ofRepository(command.argument('<slot>').argument('<label>')),
    ['orchive repository key rename key_0123456789abcdef "laptop of Lee"'],
    async () => (await keys()).rename,
  )
  register(
    'repository key change-passphrase',
    'put another passphrase in the place of one',
    (command) =>
      ofRepository(command)
        .option('--old-passphrase-file <file>', 'the one that goes; - = standard input')
        .option('--passphrase-file <file>', 'the new one'),
    ['orchive repository key change-passphrase'],
    async () => (await keys()).change,
  )
}

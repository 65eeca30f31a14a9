import { Option } from 'commander'
import { ROLES } from '#lib/contracts/rights.ts'
import type { Register } from '../program.ts'

const verbs = () => import('../commands/people.ts')

/** Declares the verbs about who can sign in: what an admin who cannot get in needs on the host. */
export function registerPeople(register: Register): void {
  register(
    'people list',
    'who can sign in, with which role',
    (command) => command,
    ['orchive people list'],
    async () => (await verbs()).list,
  )
  register(
    'people invite',
    'a link, shown once, with which somebody new makes an account',
    (command) =>
      command
        .argument('<email>')
        .addOption(new Option('--role <role>', 'what they may do, in every workspace').choices(ROLES).default('viewer')),
    ['orchive people invite ada@example.org --role admin'],
    async () => (await verbs()).inviteVerb,
  )
  register(
    'people password-link',
    'a link, shown once, with which somebody sets a new password; signs them out',
    (command) => command.argument('<email>'),
    ['orchive people password-link ada@example.org'],
    async () => (await verbs()).passwordLink,
  )
  register(
    'people end-two-step',
    'take the second step of sign-in from somebody who lost phone and recovery codes; signs them out',
    (command) => command.argument('<email>'),
    ['orchive people end-two-step ada@example.org'],
    async () => (await verbs()).endSecondStep,
  )
}

import { Option } from 'commander'
import type { Register } from '../program.ts'
import { ARCHIVE, jobOption, waitOption } from './arguments.ts'

/** Declares the runbooks. */
export function registerRecovery(register: Register): void {
  register(
    'recover state',
    'the state file is corrupt: keep it, take the last good one, merge what can be saved',
    (command) =>
      command
        .argument('[workspace]')
        .option('--archive <archive>', `take it from this one: ${ARCHIVE} (default: the newest known-good one)`)
        .addOption(new Option('--salvage <mode>', 'what to use of the damaged file').choices(['none', 'merge', 'prefix']).default('none'))
        .option('--dry-run', 'show what would be done and lost, and do nothing')
        .option('--yes', 'do not ask')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive recover state --dry-run', 'orchive recover state prod --salvage merge --yes'],
    async () => (await import('../commands/recover-state.ts')).recoverStateVerb,
  )
}

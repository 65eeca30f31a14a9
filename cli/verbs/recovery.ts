import { Option } from 'commander'
import type { Register } from '../program.ts'
import { ARCHIVE, collect, jobOption, waitOption } from './arguments.ts'

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
  register(
    'recover host',
    'the host is lost: bring a workspace back from its repository, under another root if need be',
    (command) =>
      command
        .requiredOption('--root <dir>', 'where it goes; absent or empty')
        .option('--repository <dir>', 'the repository to take over first (default: what this home knows)')
        .option('--workspace <workspace>', 'which one, when the repository holds several')
        .option('--archive <archive>', `${ARCHIVE} (default: the newest known-good one)`)
        .option('--map <from=to>', 'where paths outside the old root go; may be given several times', collect, [])
        .option('--rewrite-config', 'write the new paths into the config, instead of mapping them')
        .option('--dry-run', 'show where everything would go, and do nothing')
        .option('--yes', 'do not ask')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive recover host --repository /backup/orchive --root /opt/orchestrator --rewrite-config --yes'],
    async () => (await import('../commands/recover-host.ts')).recoverHostVerb,
  )
}

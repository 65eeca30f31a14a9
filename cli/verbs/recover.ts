import { Option } from 'commander'
import type { Register } from '../program.ts'
import { ARCHIVE, collect, jobOption, placeOptions, unlocking, waitOption } from './arguments.ts'

/** Declares the runbooks, and the looks that go with them. */
export function registerRecover(register: Register): void {
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
    'the host is lost: bring a workspace back from its repository, under another root if need be; or all of them',
    (command) =>
      unlocking(placeOptions(command))
        .option('--root <dir>', 'where it goes; absent or empty')
        .option('--all', 'every workspace that is there, one after the other, each back to where it lay')
        .option('--repository <dir>', 'the repository to take over first (default: what this home knows)')
        .option('--from-tar <file>', 'begin from an exported archive instead: .tar, .tar.gz or .tar.zst')
        .option('--workspace <workspace>', 'which one, when the repository holds several; may be given several times', collect, [])
        .option('--to <workspace=dir>', 'where one of several goes instead; may be given several times', collect, [])
        .option('--archive <archive>', `${ARCHIVE} (default: the newest known-good one)`)
        .option('--map <from=to>', 'where paths outside the old root go; may be given several times', collect, [])
        .option('--rewrite-config', 'write the new paths into the config, instead of mapping them')
        .option('--leave-out <item>', 'an item that stays in the archive, by its key; may be given several times', collect, [])
        .option('--ignore-space', 'start although a disk seems to have too little room; sparse files may need less than their size')
        .option('--dry-run', 'show where everything would go, and do nothing')
        .option('--yes', 'do not ask')
        .option('--digest <digest>', 'only the plan with this digest; refuse any other')
        .addOption(waitOption())
        .addOption(jobOption()),
    [
      'orchive recover host --repository /backup/orchive --root /opt/orchestrator --rewrite-config --yes',
      'orchive recover host --s3 s3://backups/prod --endpoint https://s3.example.org --secrets keys.json --root /opt/orchestrator --yes',
      'orchive recover host --from-tar prod.tar.zst --root /opt/orchestrator --dry-run',
      'orchive recover host --repository /backup/orchive --all --dry-run',
    ],
    async () => (await import('../commands/recover-host.ts')).recoverHostVerb,
  )
  register(
    'disk',
    'what takes space, how fast it grows and when the disk is full',
    (command) => command.argument('[workspace]'),
    ['orchive disk prod'],
    async () => (await import('../commands/disk.ts')).disk,
  )
  register(
    'recover disk',
    'runbook “disk pressure”: archive old logs and packs, prove the archive, then delete them from the live disk',
    (command) =>
      command
        .argument('[workspace]')
        .option('--older-than <days>', 'logs last written more than so many days ago (default: 30)')
        .option('--keep-packs <count>', 'packs leave, except the newest so many')
        .option('--keep-pack-days <days>', 'packs leave, except those younger than so many days')
        .option('--in-archives <count>', 'only files that so many archives at L3 or better hold already (default: 0)')
        .option('--dry-run', 'only show what would happen')
        .option('--yes', 'do not ask')
        .option('--digest <digest>', 'only the plan with this digest; refuse any other')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive recover disk prod --older-than 14 --dry-run', 'orchive recover disk prod --older-than 14 --keep-packs 500'],
    async () => (await import('../commands/recover-disk.ts')).recoverDisk,
  )
}

import type { Register } from '../program.ts'
import { jobOption, waitOption } from './arguments.ts'

/** Declares the runbooks, and the looks that go with them. */
export function registerRecover(register: Register): void {
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

import type { Register } from '../program.ts'
import { ARCHIVE, jobOption, waitOption, workspaceOption } from './arguments.ts'

const trash = () => import('../commands/trash.ts')

/** Declares the verbs that let archives go. */
export function registerTrash(register: Register): void {
  register(
    'forget',
    'move archives to the trash',
    (command) =>
      command.argument('<archive...>', ARCHIVE).option('--reason <text>', 'why').addOption(workspaceOption()).addOption(waitOption()),
    ['orchive forget arc_51f0 arc_9b2c --reason "taken by mistake"'],
    async () => (await trash()).forget,
  )
  register(
    'trash',
    'archives that were forgotten, and how long they can be taken back',
    (command) => command.argument('[workspace]'),
    ['orchive trash'],
    async () => (await trash()).trash,
  )
  register(
    'unforget',
    'take an archive back out of the trash',
    (command) => command.argument('<archive>', 'arc_… or a prefix of it').option('--reason <text>', 'why').addOption(waitOption()),
    ['orchive unforget arc_51f0'],
    async () => (await trash()).unforget,
  )
  register(
    'prune',
    'take away for good what was forgotten, and free its space',
    (command) =>
      command
        .option('--grace <days>', 'what was forgotten or moved to the trash less than this long ago stays (default: 7); 0 frees all now')
        .option('--dry-run', 'show what would be done')
        .option('--repository <dir>', 'which one, where there are several (default: all)')
        .option('--by-schedule', 'started by cron or a timer: rests while the clock cannot be trusted')
        .addOption(waitOption())
        .addOption(jobOption()),
    ['orchive prune --dry-run', 'orchive prune', 'orchive prune --grace 0'],
    async () => (await import('../commands/prune.ts')).prune,
  )
}

import type { Register } from '../program.ts'

const verbs = () => import('../commands/notify.ts')

/** Declares the verbs about who is told, and the figures for monitoring. */
export function registerNotify(register: Register): void {
  register(
    'notify list',
    'who is told what, and how it went',
    (command) => command,
    ['orchive notify list'],
    async () => (await verbs()).list,
  )
  register(
    'notify save',
    'add a channel from a JSON file, or change the one of that name',
    (command) => command.argument('<file>', 'JSON; - = stdin, so that secrets stand in no command line'),
    ['orchive notify save pager.json'],
    async () => (await verbs()).save,
  )
  register(
    'notify test',
    'send a test now, and say how it went',
    (command) => command.argument('[channel]', 'a name or id (default: all)'),
    ['orchive notify test', 'orchive notify test pager'],
    async () => (await verbs()).test,
  )
  register(
    'notify remove',
    'remove a channel',
    (command) => command.argument('<channel>', 'a name or id'),
    ['orchive notify remove pager'],
    async () => (await verbs()).remove,
  )
  register(
    'notify send',
    'look what there is to tell, and send it; for hosts without a console',
    (command) => command,
    ['*/5 * * * *  orchive  /path/to/orchive/bin/orchive notify send --quiet'],
    async () => (await verbs()).send,
  )
  register(
    'metrics',
    'figures in Prometheus’ text format',
    (command) => command,
    ['orchive metrics > /var/lib/node_exporter/orchive.prom'],
    async () => (await import('../commands/metrics.ts')).metrics,
  )
}

import type { Command } from 'commander'
import type { Register } from '../program.ts'
import { collect } from './arguments.ts'

const bodies = () => import('../commands/workspace.ts')

const described = (command: Command) =>
  command
    .argument('<root>', 'folder of the orchestrator workspace')
    .option('--config <file>', 'the config file, when there are several')
    .option('--name <name>', 'how to call it (default: the folder’s name)')
    .option('--item <key=KEY,importance=LEVEL>', 'also back up what this config key names; may be given several times', collect, [])
    .option('--map <FROM=TO>', 'where a foreign path prefix lies on this host; may be given several times', collect, [])

/** Declares the verbs about workspaces. */
export function registerWorkspaces(register: Register): void {
  register(
    'workspace add',
    'register a workspace by its root folder',
    described,
    [
      'orchive workspace add /opt/orchestrator --name prod',
      'orchive workspace add /opt/orchestrator --map /workspace=/opt/orchestrator --item key=digestDir,importance=high',
    ],
    async () => (await bodies()).add,
  )
  register(
    'workspace list',
    'registered workspaces',
    (command) => command,
    ['orchive workspace list'],
    async () => (await bodies()).list,
  )
  register(
    'workspace show',
    'its items as the config names them now, with sizes and problems',
    (command) => command.argument('[workspace]'),
    ['orchive workspace show prod'],
    async () => (await bodies()).show,
  )
  register(
    'workspace preview',
    'what adding a root would register',
    described,
    ['orchive workspace preview /opt/orchestrator'],
    async () => (await bodies()).preview,
  )
  register(
    'workspace set',
    'change what holds for a workspace',
    (command) =>
      command
        .argument('[workspace]')
        .option('--second-person <on|off>', 'whether a second person has to agree before its items are replaced by a restore in place'),
    ['orchive workspace set prod --second-person on'],
    async () => (await bodies()).set,
  )
  register(
    'workspace remove',
    'take a registration away; its archives stay',
    (command) => command.argument('<workspace>'),
    ['orchive workspace remove prod'],
    async () => (await bodies()).remove,
  )
}

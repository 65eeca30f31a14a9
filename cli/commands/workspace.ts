import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import { parseItemText } from '#lib/base/map-text.ts'
import type { Importance } from '#lib/contracts/common.ts'
import type { WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { setRestoreRules } from '#lib/services/restore/second-person.ts'
import { addWorkspace, previewWorkspace } from '#lib/services/workspaces/add-workspace.ts'
import { listWorkspaces, removeWorkspace, showWorkspace } from '#lib/services/workspaces/change-workspace.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { isHomeEmpty } from '#lib/services/workspaces/is-home-empty.ts'
import { namedWorkspace } from '../named.ts'
import { pathMap } from '../options.ts'
import type { Run } from '../program.ts'
import { printWorkspace } from '../workspace-text.ts'

type Options = Record<string, unknown>

/** `workspace add ROOT` */
export async function add({ ctx, out }: Run, args: string[], options: Options): Promise<void> {
  const workspace = await addWorkspace(ctx, inputOf(args, options))
  if (out.isJson) return out.document({ type: 'result', workspace })
  out.said(`Added ${workspace.name} (${workspace.id}).`)
  printWorkspace(out, workspace, out.said)
  out.said()
  out.said(`Take its first archive: ${commandText(['orchive', 'backup', workspace.name])}`)
}

/** `workspace preview ROOT` */
export async function preview({ ctx, out }: Run, args: string[], options: Options): Promise<void> {
  const workspace = await previewWorkspace(ctx, inputOf(args, options))
  if (out.isJson) out.document(workspace)
  else printWorkspace(out, workspace, out.line)
}

/** `workspace list` */
export async function list({ ctx, out }: Run): Promise<void> {
  const workspaces = isHomeEmpty(ctx) ? [] : listWorkspaces(ctx)
  if (out.isJson) {
    const details: WorkspaceDetail[] = []
    for (const { id } of workspaces) details.push(await showWorkspace(ctx, id, LIST_LIMIT_MS))
    return out.document(details)
  }
  if (workspaces.length === 0) return out.said('No workspace is registered yet. Register one with: orchive workspace add ROOT')
  out.table(
    ['NAME', 'ROOT', 'CONFIG', 'SCHEDULE', 'ID'],
    workspaces.map(({ id, name, root, configPath, schedule }) => [out.color.bold(name), root, configPath, schedule ?? '-', id]),
  )
}

/** A list measures each workspace for no longer than this; `workspace show` takes its time. */
const LIST_LIMIT_MS = 1000

/** `workspace show [W]` */
export async function show(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspace = await showWorkspace(ctx, namedWorkspace(run, args[0]).id)
  if (out.isJson) out.document(workspace)
  else printWorkspace(out, workspace, out.line)
}

/** `workspace set [W] --second-person on|off` */
export function set(run: Run, args: string[], options: Options): void {
  const { ctx, out } = run
  const { id, name } = namedWorkspace(run, args[0])
  if (options.secondPerson !== 'on' && options.secondPerson !== 'off') {
    throw new AppError('usage', {
      message: options.secondPerson === undefined ? 'There is nothing to change.' : `--second-person takes on or off.`,
      hint: 'Write --second-person on, or --second-person off.',
    })
  }
  const rules = setRestoreRules(ctx, { workspaceId: id, secondPerson: options.secondPerson === 'on' })
  if (out.isJson) out.document({ type: 'result', workspace: name, ...rules })
  else out.said(rules.secondPerson ? `${name} asks for a second person before a restore in place.` : `${name} asks for no second person.`)
}

/** `workspace remove W` */
export function remove({ ctx, out }: Run, args: string[]): void {
  const { id, name } = pickWorkspace(ctx, args[0])
  removeWorkspace(ctx, { workspaceId: id })
  if (out.isJson) out.document({ type: 'result', removed: id, name })
  else out.said(`Removed ${name}. Its archives stay in the repository.`)
}

function inputOf(args: string[], options: Options) {
  const root = resolve(args[0]!)
  return {
    root,
    ...(options.config ? { configPath: configPathOf(String(options.config), root) } : {}),
    ...(options.name ? { name: String(options.name) } : {}),
    extraItems: (options.item as string[]).map(parseItem),
    maps: (options.map as string[]).map(pathMap),
  }
}

/** A relative `--config` is meant from the current folder, as in any command; one that is only in the root is meant from there. */
function configPathOf(given: string, root: string): string {
  const here = resolve(given)
  return existsSync(here) || !existsSync(resolve(root, given)) ? here : resolve(root, given)
}

const IMPORTANCES: readonly string[] = ['critical', 'high', 'medium'] satisfies Importance[]

function parseItem(text: string) {
  const item = parseItemText(text)
  if (item && IMPORTANCES.includes(item.importance)) return { key: item.key, importance: item.importance as Importance }
  throw new AppError('usage', {
    message: `--item ${text} cannot be read.`,
    hint: 'Write --item key=digestDir,importance=high (critical, high or medium).',
  })
}

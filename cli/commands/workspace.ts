import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { ImportanceSchema } from '#lib/contracts/common.ts'
import type { WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { addWorkspace, previewWorkspace } from '#lib/services/workspaces/add-workspace.ts'
import { listWorkspaces, removeWorkspace, showWorkspace } from '#lib/services/workspaces/change-workspace.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { EXIT } from '../exit-codes.ts'
import { type Output, table } from '../output.ts'
import type { Run } from '../program.ts'

/** `workspace add ROOT` */
export async function add({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const workspace = await addWorkspace(ctx, inputOf(args, options))
  if (out.isJson) out.document({ workspace })
  else {
    out.line(`Added ${workspace.name} (${workspace.id}).`)
    print(out, workspace)
    out.line()
    out.line(`Take its first archive: orchive backup ${workspace.name}`)
  }
  return EXIT.ok
}

/** `workspace preview ROOT` */
export async function preview({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const workspace = await previewWorkspace(ctx, inputOf(args, options))
  if (out.isJson) out.document(workspace)
  else print(out, workspace)
}

/** `workspace list` */
export function list({ ctx, out }: Run): void {
  const workspaces = listWorkspaces(ctx)
  if (out.isJson) out.document(workspaces)
  else if (workspaces.length === 0) out.line('No workspace is registered yet. Register one with: orchive workspace add ROOT')
  else
    for (const row of table([
      ['NAME', 'ROOT', 'CONFIG', 'SCHEDULE'],
      ...workspaces.map(({ name, root, configPath, schedule }) => [name, root, configPath, schedule ?? '-']),
    ]))
      out.line(row)
}

/** `workspace show [W]` */
export function show({ ctx, out }: Run, args: string[]): void {
  const workspace = showWorkspace(ctx, pickWorkspace(ctx, args[0]).id)
  if (out.isJson) out.document(workspace)
  else print(out, workspace)
}

/** `workspace remove W` */
export function remove({ ctx, out }: Run, args: string[]): void {
  const { id, name } = pickWorkspace(ctx, args[0])
  removeWorkspace(ctx, { workspaceId: id })
  if (out.isJson) out.document({ removed: id })
  else out.line(`Removed ${name}. Its archives stay in the repository.`)
}

function inputOf(args: string[], options: Record<string, unknown>) {
  return {
    root: args[0]!,
    ...(options.config ? { configPath: String(options.config) } : {}),
    ...(options.name ? { name: String(options.name) } : {}),
    extraItems: (options.item as string[]).map(parseItem),
    maps: (options.map as string[]).map(parseMap),
  }
}

function parseItem(text: string) {
  const fields = Object.fromEntries(text.split(',').map((part) => part.split('=') as [string, string]))
  const key = fields.key ?? (text.includes('=') ? undefined : text)
  const importance = ImportanceSchema.safeParse(fields.importance ?? 'medium')
  if (!key || !importance.success) {
    throw new AppError('usage', {
      message: `--item ${text} cannot be read.`,
      hint: 'Write --item key=digestDir,importance=high (critical, high or medium).',
    })
  }
  return { key, importance: importance.data }
}

function parseMap(text: string) {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1)
    throw new AppError('usage', { message: `--map ${text} cannot be read.`, hint: 'Write --map /workspace=/opt/orchestrator.' })
  return { from: text.slice(0, at), to: text.slice(at + 1) }
}

function print(out: Output, workspace: WorkspaceDetail): void {
  out.line(`${out.color.bold(workspace.name)}  ${workspace.root}`)
  out.line(`config  ${workspace.configPath}`)
  out.line()
  const rows = workspace.items.map((item) => [
    item.label,
    item.importance,
    item.kind === 'missing' ? 'missing' : item.kind === 'not-covered' ? 'not covered' : item.kind,
    item.files === null ? '-' : formatCount(item.files),
    formatBytes(item.sizeBytes),
    item.path ?? item.configured ?? '-',
  ])
  for (const row of table([['ITEM', 'IMPORTANCE', 'KIND', 'FILES', 'SIZE', 'PATH'], ...rows], [3, 4])) out.line(row)
  const problems = [...workspace.problems, ...workspace.items.flatMap((item) => item.problems)]
  if (problems.length > 0) out.line()
  for (const { severity, message } of problems)
    out.line(`${severity === 'info' ? out.color.dim('note') : out.color.yellow(severity)}: ${message}`)
  for (const { key, before, after } of workspace.configChanges)
    out.line(`${out.color.yellow('changed')}: ${key}: ${before ?? '(not set)'} → ${after ?? '(not set)'} since the last archive`)
  if (workspace.offers.length > 0) {
    out.line()
    out.line('Not backed up, but look like paths (add with --item key=KEY):')
    for (const row of table(workspace.offers.map(({ key, path, exists }) => [`  ${key}`, path, exists ? '' : 'missing']))) out.line(row)
  }
}

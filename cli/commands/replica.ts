import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import {
  type AddReplicaInput,
  AddReplicaInput as AddReplicaSchema,
  type Replica,
  type ReplicaTest,
  type SyncReport,
} from '#lib/contracts/replica.ts'
import { addReplica } from '#lib/services/replicas/add-replica.ts'
import { requireReplica } from '#lib/services/replicas/find-replica.ts'
import { pickReplicas } from '#lib/services/replicas/pick-replicas.ts'
import { acknowledgeTampering, changeReplica, removeReplica, takeOverPlace } from '#lib/services/replicas/save-replica.ts'
import { listAllReplicas, showReplica, showReplicas } from '#lib/services/replicas/show-replicas.ts'
import { estimateSync, syncReplica } from '#lib/services/replicas/sync-replica.ts'
import { testReplica } from '#lib/services/replicas/test-place.ts'
import { EXIT } from '../exit-codes.ts'
import { namedWorkspace, prepareCatalog } from '../named.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { table } from '../table.ts'
import { keepingOf, secretsOf, targetOf } from './replica-options.ts'

/** `replica add NAME [W] (--folder DIR | --s3 … | --sftp …)` */
export async function add(run: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out } = run
  const workspace = namedWorkspace(run, args[1])
  const target = targetOf(options)
  if (target === null)
    throw new AppError('usage', {
      message: 'Say where the copies go.',
      hint: 'Give --folder DIR, --s3 s3://bucket/prefix or --sftp user@host:/path.',
    })
  const input = AddReplicaSchema.parse({
    workspace: workspace.id,
    name: args[0],
    target,
    secrets: secretsOf(options) ?? { kind: 'none' },
    isUntried: options.test === false,
    ...keepingOf(options),
  }) satisfies AddReplicaInput
  const replica = await addReplica(ctx, { ...input, isTakeOver: options.takeOver === true })
  if (out.isJson) return out.document(replica)
  const tried = input.isUntried
    ? `Nothing was sent yet; try it with: ${commandText(['orchive', 'replica', 'test', replica.name])}`
    : 'It was tried, and works.'
  out.said(`Added ${replica.name}: ${replica.place}. ${tried}`)
  if (replica.isReadableThere && replica.isOffHost)
    out.warn('warning', 'The repository is not encrypted: whoever can read that place can read everything in it.')
}

/** `replica change NAME …` */
export async function change({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const { id } = requireReplica(ctx, args[0]!)
  const [target, secrets, isUntried] = [targetOf(options), secretsOf(options), options.test === false]
  const named = options.name === undefined ? {} : { name: String(options.name) }
  const input = { replica: id, ...named, ...keepingOf(options), isUntried }
  const replica = await changeReplica(ctx, { ...input, ...(target ? { target } : {}), ...(secrets ? { secrets } : {}) })
  if (out.isJson) return out.document(replica)
  out.said(`Changed ${replica.name}.`)
}

/** `replica list [W]` */
export async function list(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const shown = args[0] === undefined ? listAllReplicas(ctx) : showReplicas(ctx, { workspaceId: namedWorkspace(run, args[0]).id }).replicas
  if (out.isJson) return out.document(shown)
  if (shown.length === 0) return out.line('There is no replica. Add one with: orchive replica add NAME --folder DIR')
  const rows = shown.map(({ name, workspace, place, state }) => [
    name,
    workspace,
    place,
    state.status,
    formatCount(state.archivesCopied),
    state.newestCopiedAt === null ? '-' : shortTime(state.newestCopiedAt),
    state.lockedUntil === null ? '-' : shortTime(state.lockedUntil),
  ])
  out.table(['REPLICA', 'WORKSPACE', 'PLACE', 'STATE', 'ARCHIVES', 'NEWEST (UTC)', 'LOCKED UNTIL'], rows)
}

/** `replica show NAME` */
export function show({ ctx, out }: Run, args: string[]): void {
  const replica = showReplica(ctx, { replica: args[0]! })
  if (out.isJson) return out.document(replica)
  const { state } = replica
  const when = (at: string | null) => (at === null ? 'never' : shortTime(at))
  const rows = [
    ['replica', `${replica.name} (${replica.id}) of ${replica.workspace}`],
    ['place', `${replica.place}${replica.isOffHost ? '' : ', on this host'}`],
    ['state', state.status],
    [
      'archives',
      `${formatCount(state.archivesCopied)} copied, ${formatCount(state.archivesWaiting)} waiting, ${formatCount(state.archivesIncomplete)} incomplete`,
    ],
    ['newest', when(state.newestCopiedAt)],
    ['last sync', when(state.lastSuccessAt)],
    ['next sync', state.nextSyncAt === null ? (replica.afterBackup ? 'after the next backup' : 'by hand') : shortTime(state.nextSyncAt)],
    ['there', state.bytes === null ? '-' : `${formatBytes(state.bytes)} in ${formatCount(state.objects ?? 0)} objects`],
    ['oldest check', when(state.oldestCheckAt)],
    ['locked until', state.lockedUntil === null ? (replica.lockDays === null ? 'no locks' : '-') : shortTime(state.lockedUntil)],
  ]
  for (const row of table(rows)) out.line(row)
  if (state.lastError) out.warn('failed', `${state.lastError.message} ${state.lastError.hint}`.trim())
  if (state.tampering !== null)
    out.warn(
      'warning',
      `${state.tampering} Look into it, then: ${commandText(['orchive', 'replica', 'acknowledge', replica.name])} --reason …`,
    )
  for (const { message } of state.findings) out.warn('warning', message)
}

/** `replica test NAME` */
export async function test({ ctx, out }: Run, args: string[]): Promise<number> {
  const { id, workspaceId } = requireReplica(ctx, args[0]!)
  return tellTest({ out }, await testReplica(ctx, { workspace: workspaceId, replica: id }))
}

function tellTest({ out }: Pick<Run, 'out'>, result: ReplicaTest): number {
  if (out.isJson) out.document(result)
  else {
    for (const { step, durationMs, error } of result.steps) {
      if (error === null) out.said(`${out.color.green('✓')} ${step}  ${out.color.dim(formatDuration(durationMs))}`)
      else out.warn('failed', `${step}: ${error.message} ${error.hint}`.trim())
    }
    const { objectLock, versioning } = result.capabilities ?? {}
    if (versioning) out.said(`Versions are ${versioning}${objectLock ? `, object lock is ${objectLock.isOn ? 'on' : 'off'}` : ''}.`)
    if (result.holds === 'this-repository') out.said('A copy of this repository lies there already.')
    for (const warning of result.warnings) out.warn('warning', warning)
  }
  return result.isUsable ? EXIT.ok : EXIT.failed
}

/** `replica estimate NAME` */
export async function estimate(run: Run, args: string[]): Promise<void> {
  const { ctx, out, signal } = run
  await prepareCatalog(run)
  const shown = await estimateSync(ctx, { replica: args[0]!, signal })
  if (out.isJson) return out.document(shown)
  const { archives, objects, bytes, requests, cost } = shown
  out.line(`${formatCount(archives)} archives, ${formatBytes(bytes)} in ${formatCount(objects)} objects`)
  out.line(
    `about ${formatCount(requests.puts)} PUT, ${formatCount(requests.gets)} GET or HEAD and ${formatCount(requests.lists)} LIST requests`,
  )
  if (cost) out.line(`${cost.once.toFixed(2)} ${cost.currency} once, ${cost.perMonth.toFixed(2)} ${cost.currency} a month`)
}

/** `replica sync [NAME] [--all] [--due]` */
export function sync(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  return eachSync(run, args, options, options.recheck === false ? 'none' : 'some')
}

/** `replica verify NAME` */
export function verify(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  return eachSync(run, args, options, 'all')
}

async function eachSync(run: Run, args: string[], options: Record<string, unknown>, check: 'some' | 'all' | 'none'): Promise<number> {
  const { ctx, out } = run
  await prepareCatalog(run)
  if (options.takeOver === true) takeOverPlace(ctx, { replica: chosen(run, args, options)[0]! })
  const reports: SyncReport[] = []
  let isWarned = false
  for (const replica of chosen(run, args, options)) {
    const job = { waitMs: waitMsOf(options), ...jobOf(run, options) }
    const { result, outcome, findings } = await syncReplica(ctx, { replica, check, ...job })
    reports.push(result)
    tellSync(run, result)
    for (const { severity, message } of findings) out.warn(severity === 'info' ? 'note' : 'warning', message)
    isWarned ||= outcome === 'warning'
  }
  out.event({ type: 'result', ...(reports[0] ?? {}), replicas: reports })
  if (reports.length === 0) out.said('Nothing is due.')
  return isWarned ? EXIT.warnings : EXIT.ok
}

function chosen(run: Run, args: string[], options: Record<string, unknown>): string[] {
  const workspaceId = options.workspace === undefined ? null : namedWorkspace(run, String(options.workspace)).id
  const which = options.due === true ? 'due' : options.all === true ? 'all' : 'only'
  return pickReplicas(run.ctx, { replica: args[0] ?? null, workspaceId, which })
}

function tellSync({ out }: Run, report: SyncReport): void {
  const { replica, place, archivesCopied, objectsPut, bytesPut, forgotten, freedBytes, checkedObjects, checkedBytes, healed, durationMs } =
    report
  out.said(`${out.color.bold(replica)}  ${place}`)
  out.said(
    `${formatCount(archivesCopied)} ${archivesCopied === 1 ? 'archive' : 'archives'} copied: ${formatBytes(bytesPut)} in ${formatCount(objectsPut)} objects; ${formatDuration(durationMs)}`,
  )
  if (forgotten.length > 0)
    out.said(`${formatCount(forgotten.length)} taken off the copy by its own policy, ${formatBytes(freedBytes)} freed`)
  if (checkedObjects > 0) out.said(`${formatCount(checkedObjects)} objects read back, ${formatBytes(checkedBytes)}`)
  if (healed.length > 0) out.said(`${formatCount(healed.length)} damaged or hidden objects put right`)
}

/** `replica acknowledge NAME --reason T` */
export function acknowledge({ ctx, out }: Run, args: string[], options: Record<string, unknown>): void {
  const replica: Replica = acknowledgeTampering(ctx, { replica: args[0]!, reason: String(options.reason) })
  if (out.isJson) return out.document(replica)
  out.said(`Acknowledged. ${replica.name} is watched as before.`)
}

/** `replica remove NAME` */
export function remove({ ctx, out }: Run, args: string[]): void {
  const removed = removeReplica(ctx, { replica: args[0]! })
  if (out.isJson) return out.document({ type: 'result', ...removed })
  out.said(`Removed ${removed.removed}. What lies at ${removed.place} stays there.`)
}

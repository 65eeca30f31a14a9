import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { parseMapText } from '#lib/base/map-text.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { BroughtBack, WholeHostPart, WholeHostPlan } from '#lib/contracts/whole-host.ts'
import { wholeHostConfirmation } from '#lib/contracts/whole-host-words.ts'
import { planWholeHost, type WholeHostInput } from '#lib/services/recover/plan-whole-host.ts'
import { notBegun, recoverWholeHost } from '#lib/services/recover/recover-whole-host.ts'
import { assertRoom } from '#lib/services/recover/room.ts'
import { sealForAll } from '#lib/services/recover/start-recover-whole-host.ts'
import { askForName, requireAsker } from '../ask-name.ts'
import { EXIT } from '../exit-codes.ts'
import { jobIdOf, pathMap, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { backupsText, hostSourceOf, roomLines } from './host-source.ts'
import { tellRecoveryKey } from './repository-key.ts'

type Options = Record<string, unknown>

/** Whether several workspaces are meant. */
export const isSeveral = ({ all, workspace, to }: Options): boolean =>
  all === true || (workspace as string[]).length > 1 || (to as string[]).length > 0

/** `recover host --all`, or with several `--workspace` */
export async function recoverWholeHostVerb(run: Run, options: Options): Promise<number> {
  const { ctx, out, signal, command } = run
  const asked = askedOf(options)
  const source = hostSourceOf(options)
  const onEvent = (event: Parameters<typeof out.event>[0]) => out.event(event)
  const plan = await planWholeHost(ctx, { ...asked, ...source, signal, onEvent })
  if (!out.isJson) show(run, plan)
  if (options.dryRun === true) {
    out.planned(plan)
    return EXIT.ok
  }
  const ready = plan.workspaces.filter(({ state }) => state === 'ready')
  if (ready.length === 0) return nothingToDo(run, plan, asked)
  const ignoreSpace = options.ignoreSpace === true
  // Said before anybody is asked, and before a repository is made for it.
  assertRoom(plan.volumes, ignoreSpace)
  if (options.yes !== true) await ask(run, ready)
  const ids = ready.map(({ workspaceId }) => workspaceId)
  const recoveryKey = await sealForAll(ctx, ids, source.secret?.kind === 'passphrase' ? source.secret.passphrase : null)
  tellRecoveryKey(out, recoveryKey)
  const told = new Map<string, BroughtBack>()
  const done = await recoverWholeHost(ctx, {
    ...asked,
    // Exactly those that the plan was about, whatever else is known by now.
    workspaces: plan.workspaces.map(({ workspaceId }) => workspaceId),
    digest: options.digest === undefined ? plan.digest : String(options.digest),
    ...{ ignoreSpace, waitMs: waitMsOf(options), jobId: jobIdOf(options), command, signal },
    onEvent: (event) => {
      if (event.type === 'workspace') told.set(event.workspace.workspaceId, event.workspace)
      out.event(event)
    },
  }).catch((error: unknown) => {
    // What is back until then is back, and what was not begun is told, too.
    if (told.size > 0)
      tell(
        run,
        plan.workspaces.map((part) => told.get(part.workspaceId) ?? part),
      )
    throw error
  })
  out.event({ type: 'result', ...done.result })
  tell(run, done.result.workspaces)
  return { success: EXIT.ok, warning: EXIT.warnings, failure: EXIT.failed }[done.outcome]
}

function askedOf(options: Options): WholeHostInput {
  const clash = options.root !== undefined ? '--root' : options.fromTar !== undefined ? '--from-tar' : null
  if (clash !== null)
    throw new AppError('usage', {
      message: `${clash} is about one workspace, and several are meant.`,
      hint: 'Each goes back to where it lay; say another place with --to WORKSPACE=DIR, or with --map FROM=TO for all of them.',
    })
  const workspaces = options.workspace as string[]
  if (options.all === true && workspaces.length > 0)
    throw new AppError('usage', { message: '--all means every workspace; it does not go with --workspace.', hint: 'Nothing was read.' })
  const archive = options.archive === undefined ? null : String(options.archive)
  if (archive?.startsWith('arc_'))
    throw new AppError('usage', {
      message: `${archive} is of one workspace, and several are meant.`,
      hint: 'Give latest, latest~N or @TIME, or bring that workspace back alone.',
    })
  return {
    ...{ workspaces, archive, rewriteConfig: options.rewriteConfig === true, leaveOut: options.leaveOut as string[] },
    roots: (options.to as string[]).map(placeOfOne),
    maps: (options.map as string[]).map(pathMap),
  }
}

function placeOfOne(text: string): { workspace: string; root: string } {
  const parsed = parseMapText(text)
  if (parsed) return { workspace: parsed.from, root: resolve(parsed.to) }
  throw new AppError('usage', { message: `--to ${text} cannot be read.`, hint: 'Write --to prod=/opt/prod.' })
}

/** All are here: that is what was wanted. Else what stops them is the error. */
function nothingToDo({ out }: Run, plan: WholeHostPlan, { archive, maps, rewriteConfig, leaveOut }: WholeHostInput): number {
  const stopped = plan.workspaces.filter(({ state }) => state === 'stopped')
  if (stopped.length > 0)
    throw new AppError('target_unusable', {
      message: `None of ${plural(stopped.length, 'workspace')} can come back: ${stopped[0]!.workspace}: ${stopped[0]!.why?.message}`,
      hint: stopped[0]!.why?.hint ?? '',
    })
  const { workspaces, digest } = plan
  out.event({
    type: 'result',
    runbook: 'whole-host',
    workspaces: workspaces.map(notBegun),
    asked: { archive, maps, rewriteConfig, leaveOut: [...leaveOut] },
    digest,
  })
  out.said('Nothing is left to bring back.')
  return EXIT.ok
}

async function ask(run: Run, ready: readonly WholeHostPart[]): Promise<void> {
  requireAsker(run, `This writes ${plural(ready.length, 'workspace')} to this host`, ', best together with --digest')
  await askForName(run, wholeHostConfirmation(ready.map(({ workspace }) => workspace)))
}

function show({ out }: Run, plan: WholeHostPlan): void {
  const { dim, red, yellow } = out.color
  const row = ({ workspace, state, oldRoot, root, plan: one }: WholeHostPart) => [
    workspace,
    state === 'ready' ? shortTime(one!.createdAt) : state === 'here' ? 'is here' : red('stopped'),
    one === null ? '-' : `${one.grade === null ? 'not verified' : `L${one.grade}`}${one.isSuspect ? yellow(' suspect') : ''}`,
    one === null ? '-' : formatBytes(one.contentBytes),
    oldRoot === root ? root : `${oldRoot} → ${root}`,
  ]
  out.table(['WORKSPACE', 'ARCHIVE', 'GRADE', 'SIZE', 'GOES TO'], plan.workspaces.map(row), [3])
  for (const { workspace, why } of plan.workspaces) if (why !== null) out.warn('failed', `${workspace}: ${why.message} ${why.hint}`)
  for (const { workspace, plan: one } of plan.workspaces)
    for (const { message } of one?.problems ?? []) out.warn('note', `${workspace}: ${message}`)
  for (const { text, isTight } of roomLines(plan.volumes)) out.line(isTight ? yellow(text) : dim(text))
  if (plan.backupsGoTo) out.line(backupsText(plan.backupsGoTo))
  const ready = plan.workspaces.filter(({ state }) => state === 'ready').length
  out.line(
    `${ready} of ${plural(plan.workspaces.length, 'workspace')} can come back: ${plural(plan.files, 'file')}, ${formatBytes(plan.contentBytes)}`,
  )
  out.line(dim(`digest ${plan.digest}`))
}

/** The report, for people. */
function tell({ out }: Run, workspaces: readonly (BroughtBack | WholeHostPart)[]): void {
  for (const one of workspaces) {
    const outcome = 'outcome' in one ? one.outcome : one.state
    const why = 'outcome' in one ? one.error : one.why
    const { mark, text } = lineOf(out.color, outcome, one)
    out.said(`${mark} ${one.workspace}  ${one.root}\n    ${why === null ? text : `${text}: ${why.message} ${why.hint}`}`)
  }
}

function lineOf(color: Run['out']['color'], outcome: BroughtBack['outcome'] | WholeHostPart['state'], one: BroughtBack | WholeHostPart) {
  switch (outcome) {
    case 'back': {
      const { restoredFiles = 0, restoredBytes = 0, isStarted = false } = one as BroughtBack
      const start = isStarted ? 'its orchestrator is healthy' : 'start its orchestrator'
      return { mark: color.green('✓'), text: `back: ${plural(restoredFiles, 'file')}, ${formatBytes(restoredBytes)}; ${start}` }
    }
    case 'failed':
      return { mark: color.red('✗'), text: (one as BroughtBack).areFilesBack ? 'back, but not started' : 'failed' }
    case 'here':
      return { mark: '-', text: 'is here already' }
    case 'cancelled':
      return { mark: color.yellow('!'), text: 'cancelled' }
    case 'running':
      return { mark: color.yellow('!'), text: 'cut off' }
    case 'stopped':
    case 'ready':
    case 'waiting':
      return { mark: '-', text: 'not begun' }
  }
}

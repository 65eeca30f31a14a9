import { AppError } from '#lib/base/errors.ts'
import { ArchiveKindSchema } from '#lib/contracts/archive.ts'
import { POLICY_FIELDS, type PolicyChange, type RetentionPolicy } from '#lib/contracts/retention.ts'
import { policyText } from '#lib/engine/retention/policy.ts'
import { setPolicy, setRetentionSettings, showRules } from '#lib/services/retention/rules.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

type Options = Record<string, unknown>

/** `retention policy show [W]` */
export function showPolicy(run: Run, args: string[]): void {
  printRules(run, pickWorkspace(run.ctx, args[0]).id)
}

/** `retention policy set [W]` */
export function setPolicyVerb(run: Run, args: string[], options: Options): void {
  const change = changeOf(options)
  const settings = settingsOf(options)
  if (Object.keys(change).length + Object.keys(settings).length === 0) {
    throw new AppError('usage', { message: 'Nothing to set was given.', hint: 'See orchive retention policy set --help.' })
  }
  if (options.all) {
    if (args[0] !== undefined || Object.keys(settings).length > 0) {
      throw new AppError('usage', {
        message: '--all changes the default policy: it takes no workspace, and who agrees and when is each workspace’s own.',
        hint: 'Leave the one or the other out.',
      })
    }
    setPolicy(run.ctx, { workspaceId: null, change })
    run.out.said('The default policy is changed. Nothing goes before a proposal was approved.')
    if (run.out.isJson) run.out.document({ type: 'result', scope: 'default', change })
    return
  }
  const { id } = pickWorkspace(run.ctx, args[0])
  if (Object.keys(change).length > 0) setPolicy(run.ctx, { workspaceId: id, change })
  if (Object.keys(settings).length > 0) setRetentionSettings(run.ctx, { workspaceId: id, ...settings })
  printRules(run, id)
}

const NUMBERS: [field: keyof PolicyChange, option: string, name: string][] = [
  ['keepLast', '--keep-last', 'keepLast'],
  ['dailyDays', '--daily', 'daily'],
  ['weeklyWeeks', '--weekly', 'weekly'],
  ['monthlyMonths', '--monthly', 'monthly'],
  ['yearlyYears', '--yearly', 'yearly'],
  ['otherDays', '--other', 'other'],
]
const INHERIT = 'inherit'

function changeOf(options: Options): PolicyChange {
  const change: Record<string, unknown> = {}
  for (const [field, option, name] of NUMBERS) {
    const value = options[name]
    if (value !== undefined) change[field] = value === INHERIT ? null : wholeNumber(option, value)
  }
  const kinds = options.keepKind as string[]
  if (kinds.length > 0) change.keepKinds = kinds.includes(INHERIT) ? null : kinds.map(kindOf)
  const notes = options.keepNote as string[]
  if (notes.length > 0) change.keepNotes = notes.includes(INHERIT) ? null : notes
  if (options.timeZone !== undefined) change.timeZone = options.timeZone === INHERIT ? null : String(options.timeZone)
  return change as PolicyChange
}

function kindOf(text: string) {
  const kind = ArchiveKindSchema.safeParse(text)
  if (kind.success) return kind.data
  throw new AppError('usage', { message: `--keep-kind is “${text}”.`, hint: `Kinds are ${ArchiveKindSchema.options.join(', ')}.` })
}

function settingsOf({ secondPerson, expiresAfter, schedule }: Options) {
  if (secondPerson !== undefined && secondPerson !== 'on' && secondPerson !== 'off') {
    throw new AppError('usage', { message: `--second-person is “${String(secondPerson)}”; on or off is expected.` })
  }
  return {
    ...(secondPerson === undefined ? {} : { secondPerson: secondPerson === 'on' }),
    ...(expiresAfter === undefined ? {} : { expiryHours: wholeNumber('--expires-after', expiresAfter) }),
    ...(schedule === undefined ? {} : { schedule: schedule === 'never' ? null : String(schedule) }),
  }
}

function printRules({ ctx, out }: Run, id: Parameters<typeof showRules>[1]): void {
  const rules = showRules(ctx, id)
  if (out.isJson) return out.document({ type: 'result', ...rules })
  const { policy, own, settings, nextProposalAt, timeZone } = rules
  out.line(`${rules.workspace} keeps ${policyText(policy)}, by the days of ${timeZone}.`)
  out.table(
    ['RULE', 'VALUE', 'FROM'],
    POLICY_FIELDS.map((field) => [field, valueText(policy[field]), own.includes(field) ? 'this workspace' : 'default']),
  )
  out.line(settings.secondPerson ? 'A second person has to approve what goes.' : 'Any lead may approve what goes, also who proposed it.')
  out.line(nextProposalAt === null ? 'Proposals are raised by hand.' : `The next proposal is raised ${shortTime(nextProposalAt)}.`)
}

function valueText(value: RetentionPolicy[keyof RetentionPolicy]): string {
  if (value === null) return '-'
  return Array.isArray(value) ? value.join(', ') || '-' : String(value)
}

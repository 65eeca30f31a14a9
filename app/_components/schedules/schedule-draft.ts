import { commandText } from '#lib/base/command-text.ts'
import type { SetScheduleInput, WorkspaceSchedule } from '#lib/contracts/schedule.ts'

/** The form of the schedules of one workspace; texts as they are typed, an empty schedule = never by itself. */
export interface ScheduleDraft {
  timeZone: string
  runBy: WorkspaceSchedule['runBy']
  schedule: string
  skipUnchanged: boolean
  jitterMinutes: string
  retries: string
  verifySchedule: string
  verifyLevel: WorkspaceSchedule['proofs']['verifyLevel']
  verifyBudgetMinutes: string
  drillSchedule: string
}

type Change = Omit<SetScheduleInput, 'workspaceId'>

/** What is saved now, as the form shows it. */
export function draftOf({ proofs, timeZone, runBy, schedule, skipUnchanged, jitterMinutes, retries }: WorkspaceSchedule): ScheduleDraft {
  return {
    ...{ timeZone, runBy, skipUnchanged },
    schedule: schedule ?? '',
    jitterMinutes: String(jitterMinutes),
    retries: String(retries),
    verifySchedule: proofs.verifySchedule ?? '',
    verifyLevel: proofs.verifyLevel,
    verifyBudgetMinutes: String(proofs.verifyBudgetMinutes),
    drillSchedule: proofs.drillSchedule ?? '',
  }
}

/** Only what differs: a schedule that is sent starts to count anew. */
export function changeOf(draft: ScheduleDraft, saved: WorkspaceSchedule): Change {
  const before = draftOf(saved)
  const cron = (text: string) => text.trim() || null
  const all = {
    timeZone: draft.timeZone.trim(),
    runBy: draft.runBy,
    schedule: cron(draft.schedule),
    skipUnchanged: draft.skipUnchanged,
    jitterMinutes: Number(draft.jitterMinutes),
    retries: Number(draft.retries),
    verifySchedule: cron(draft.verifySchedule),
    verifyLevel: draft.verifyLevel,
    verifyBudgetMinutes: Number(draft.verifyBudgetMinutes),
    drillSchedule: cron(draft.drillSchedule),
  }
  const changed = Object.entries(all).filter(([field]) => {
    const [now, then] = [draft[field as keyof ScheduleDraft], before[field as keyof ScheduleDraft]]
    return typeof now === 'string' ? now.trim() !== then : now !== then
  })
  return Object.fromEntries(changed) as Change
}

const OPTIONS: Record<keyof Change, string> = {
  timeZone: '--zone',
  runBy: '--run-by',
  schedule: '--backup',
  skipUnchanged: '--skip-unchanged',
  jitterMinutes: '--jitter',
  retries: '--retries',
  verifySchedule: '--verify',
  verifyLevel: '--verify-level',
  verifyBudgetMinutes: '--verify-minutes',
  drillSchedule: '--drill',
}

/** The command that saves the same; without a change, the one that shows it. */
export function commandOf(workspace: string, change: Change): string {
  const given = Object.entries(change).flatMap(([field, value]) => {
    const text = value === null ? 'none' : value === true ? 'yes' : value === false ? 'no' : String(value)
    return [OPTIONS[field as keyof Change], text]
  })
  return commandText(['orchive', 'schedule', given.length === 0 ? 'show' : 'set', workspace, ...given])
}

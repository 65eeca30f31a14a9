'use client'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { setSchedule } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { formatDuration } from '#lib/base/units.ts'
import { useNow } from '#lib/client/now.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { WorkspaceSchedule } from '#lib/contracts/schedule.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, ICON, Time } from '../parts.tsx'
import { CronField } from './cron-field.tsx'
import { changeOf, commandOf, draftOf, type ScheduleDraft } from './schedule-draft.ts'

const LEVELS = [
  ['content', 'L3, content'],
  ['config', 'L4, config'],
  ['structure', 'L2, structure'],
  ['bytes', 'L1, bytes'],
] as const

/** Backup, verify and drill of one workspace, with previews. */
export function ScheduleForm({ schedule }: { schedule: WorkspaceSchedule }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(schedule))
  const { send, busy, error } = useAction(setSchedule)
  const set = (change: Partial<ScheduleDraft>) => setDraft({ ...draft, ...change })
  const change = changeOf(draft, schedule)
  const isChanged = Object.keys(change).length > 0
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const saved = await send({ workspaceId: schedule.workspaceId as `ws_${string}`, ...change })
    if (!saved) return
    setDraft(draftOf(saved))
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: `The schedules of ${saved.workspace} are saved.` })
    await client.invalidateQueries()
  }
  const cron = { timeZone: draft.timeZone, disabled: !may }
  return (
    <form
      className="scard"
      id={schedule.workspaceId}
      onSubmit={(event) => void save(event)}
      aria-label={`Schedules of ${schedule.workspace}`}
    >
      <div className="phead">
        <h2 className="h1">
          <Link href={`/w/${schedule.workspaceId}`}>{schedule.workspace}</Link>
        </h2>
        <span className="sp" />
        <CommandPopover command={commandOf(schedule.workspace, change)} />
      </div>
      <State schedule={schedule} />
      <div className="s3">
        <CronField
          {...cron}
          label="Back up (cron; empty = never)"
          placeholder="0 2 * * *"
          value={draft.schedule}
          onChange={(value) => set({ schedule: value })}
        />
        <CronField
          {...cron}
          label="Verify, oldest proof first (cron; empty = never)"
          placeholder="0 3 * * *"
          value={draft.verifySchedule}
          onChange={(value) => set({ verifySchedule: value })}
        />
        <CronField
          {...cron}
          label="Drill the newest good one (cron; empty = never)"
          placeholder="0 4 1 * *"
          value={draft.drillSchedule}
          onChange={(value) => set({ drillSchedule: value })}
        />
      </div>
      <div className="s4">
        <label className="fld">
          <span>Time zone of all three</span>
          <input
            className="inp"
            list="zones"
            value={draft.timeZone}
            disabled={!may}
            spellCheck={false}
            onChange={(event) => set({ timeZone: event.target.value })}
          />
        </label>
        <label className="fld">
          <span>Started by</span>
          <select
            className="inp"
            value={draft.runBy}
            disabled={!may}
            onChange={(event) => set({ runBy: event.target.value as ScheduleDraft['runBy'] })}
          >
            <option value="console">the console, while it runs</option>
            <option value="host">the host (cron or systemd)</option>
          </select>
        </label>
        <NumberField
          label="Start up to so many minutes later"
          max={720}
          value={draft.jitterMinutes}
          disabled={!may}
          onChange={(value) => set({ jitterMinutes: value })}
        />
        <NumberField
          label="Retries of a failed backup"
          max={10}
          value={draft.retries}
          disabled={!may}
          onChange={(value) => set({ retries: value })}
        />
        <label className="fld">
          <span>Verify up to</span>
          <select
            className="inp"
            value={draft.verifyLevel}
            disabled={!may}
            onChange={(event) => set({ verifyLevel: event.target.value as ScheduleDraft['verifyLevel'] })}
          >
            {LEVELS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <NumberField
          label="Verify for so many minutes at most"
          min={1}
          max={1440}
          value={draft.verifyBudgetMinutes}
          disabled={!may}
          onChange={(value) => set({ verifyBudgetMinutes: value })}
        />
      </div>
      <label className="ck">
        <input
          type="checkbox"
          checked={draft.skipUnchanged}
          disabled={!may}
          onChange={(event) => set({ skipUnchanged: event.target.checked })}
        />
        <span>Take no archive when nothing changed since the newest one</span>
      </label>
      {draft.runBy === 'host' ? (
        <p className="q">
          The console starts nothing here, and still says when a run is overdue. Units or lines for this host:{' '}
          <code className="mono brk">{commandText(['orchive', 'schedule', 'export', 'systemd', schedule.workspace])}</code>
        </p>
      ) : null}
      <div className="phead">
        <button type="submit" className="btn p" disabled={!may || busy || !isChanged} title={may ? undefined : 'Needs an admin'}>
          Save schedules of {schedule.workspace}
        </button>
        {isChanged ? (
          <button type="button" className="btn" onClick={() => setDraft(draftOf(schedule))}>
            Discard changes
          </button>
        ) : null}
      </div>
      {error ? <ErrorNote error={error} /> : null}
      <datalist id="zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </form>
  )
}

function State({ schedule: { nextRunAt, overdueSince, retryAt, failedJobId, workspaceId, runBy } }: { schedule: WorkspaceSchedule }) {
  const now = useNow(60_000)
  if (overdueSince || retryAt) {
    return (
      <div className="note warn" role="status">
        <IconAlertTriangle {...ICON} />
        <div>
          {overdueSince ? (
            <p className="b">
              A backup is overdue by {formatDuration(now - Date.parse(overdueSince))}: it was due <Time iso={overdueSince} />.
            </p>
          ) : null}
          {retryAt ? (
            <p>
              The last scheduled backup failed; it is tried again <Time iso={retryAt} />.{' '}
              <Link className="link" href={`/w/${workspaceId}/jobs/${failedJobId}`}>
                See why
              </Link>
            </p>
          ) : null}
        </div>
      </div>
    )
  }
  return (
    <p className="q">
      {nextRunAt ? (
        <>
          Next backup <Time iso={nextRunAt} /> UTC{runBy === 'host' ? ', by the host' : ''}.
        </>
      ) : (
        'No backup is scheduled: nothing tells when this workspace has none for long.'
      )}
    </p>
  )
}

interface NumberFieldProps {
  label: string
  min?: number
  max: number
  value: string
  disabled: boolean
  onChange(value: string): void
}

function NumberField({ label, min = 0, max, value, disabled, onChange }: NumberFieldProps) {
  return (
    <label className="fld">
      <span>{label}</span>
      <input
        className="inp"
        type="number"
        required
        min={min}
        max={max}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}

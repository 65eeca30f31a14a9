'use client'
import { useRead } from '#lib/client/queries.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Reading } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { PruneForm } from './prune-form.tsx'
import { ScheduleForm } from './schedule-form.tsx'
import '../settings/settings.css'

/** When each workspace is backed up and proven by itself. */
export function SchedulesView() {
  const { data, error, refetch } = useRead('listWorkspaces', {})
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Schedules</h1>
        <span className="sp" />
        <CommandPopover command="orchive schedule show" />
      </div>
      <SettingsTabs />
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={6} /> : null}
      {data?.length === 0 ? (
        <p className="empty">
          No workspace yet.{' '}
          <Link className="link" href="/settings/workspaces/new">
            Add one
          </Link>
          ; it is then backed up each night at 02:00.
        </p>
      ) : null}
      {(data ?? []).map(({ id }) => (
        <WorkspaceSchedule key={id} workspaceId={id} />
      ))}
      {data && data.length > 0 ? <PruneForm /> : null}
    </div>
  )
}

function WorkspaceSchedule({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error, refetch } = useRead('showSchedule', { workspace: workspaceId }, { refetchInterval: 60_000 })
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  return data ? <ScheduleForm schedule={data} /> : <Reading rows={6} />
}

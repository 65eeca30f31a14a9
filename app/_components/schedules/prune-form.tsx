'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { setPruneSchedule } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { PruneSchedule } from '#lib/contracts/schedule.ts'
import { CommandPopover, ErrorNote, Reading, Time } from '../parts.tsx'
import { CronField } from './cron-field.tsx'

/** When what was forgotten long enough ago is taken away for good, for all repositories of this home. */
export function PruneForm() {
  const { data, error, refetch } = useRead('pruneSchedule', {})
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  return data ? <Form schedule={data} /> : <Reading rows={3} />
}

function Form({ schedule }: { schedule: PruneSchedule }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const { send, busy, error } = useAction(setPruneSchedule)
  const [cron, setCron] = useState(schedule.schedule ?? '')
  const typed = cron.trim()
  const isChanged = typed !== (schedule.schedule ?? '')
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (await send({ schedule: typed === '' ? null : typed })) await client.invalidateQueries({ queryKey: ['pruneSchedule'] })
  }
  return (
    <form className="scard" onSubmit={(event) => void save(event)} aria-label="Schedule of prunes">
      <div className="phead">
        <h2 className="h1">Prune</h2>
        <span className="q">all repositories; what was forgotten more than 7 days ago goes for good</span>
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'schedule', 'prune', '--at', typed || 'none'])} />
      </div>
      {schedule.restsBecause ? (
        <p className="note warn">It would rest now. {schedule.restsBecause} A prune by hand goes all the same.</p>
      ) : (
        <p className="q">
          {schedule.nextRunAt ? (
            <>
              Next prune <Time iso={schedule.nextRunAt} /> UTC.
            </>
          ) : (
            'Nothing is pruned by itself: forgotten archives keep their space until somebody prunes.'
          )}
        </p>
      )}
      <div className="s3">
        <CronField
          label="Prune (cron; empty = by hand)"
          placeholder="30 5 * * 0"
          timeZone={schedule.timeZone}
          disabled={!may}
          value={cron}
          onChange={setCron}
        />
      </div>
      <div className="phead">
        <button type="submit" className="btn p" disabled={!may || busy || !isChanged} title={may ? undefined : 'Needs an admin'}>
          Save schedule of prunes
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}

'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { updateProofSchedule } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { ProofSchedule } from '#lib/contracts/evidence.ts'
import { ErrorNote, Time } from '../parts.tsx'

const LEVELS: { value: ProofSchedule['verifyLevel']; label: string }[] = [
  { value: 'content', label: 'L3, content' },
  { value: 'config', label: 'L4, config' },
  { value: 'structure', label: 'L2, structure' },
  { value: 'bytes', label: 'L1, bytes' },
]

/** When archives of a workspace are verified and drilled by themselves. */
export function ProofSchedules({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error, refetch } = useRead('proofSchedule', { workspace: workspaceId })
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  return data ? <ProofForm key={JSON.stringify([data.verifySchedule, data.drillSchedule])} proofs={data} /> : null
}

function ProofForm({ proofs }: { proofs: ProofSchedule }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const [verify, setVerify] = useState(proofs.verifySchedule ?? '')
  const [drill, setDrill] = useState(proofs.drillSchedule ?? '')
  const [level, setLevel] = useState(proofs.verifyLevel)
  const [minutes, setMinutes] = useState(String(proofs.verifyBudgetMinutes))
  const { send, busy, error } = useAction(updateProofSchedule)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const saved = await send({
      workspaceId: proofs.workspaceId,
      verifyLevel: level,
      verifyBudgetMinutes: Number(minutes),
      // A schedule that is sent starts to count anew.
      ...(verify === (proofs.verifySchedule ?? '') ? {} : { verifySchedule: verify.trim() || null }),
      ...(drill === (proofs.drillSchedule ?? '') ? {} : { drillSchedule: drill.trim() || null }),
    })
    if (!saved) return
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: 'The schedule of proofs is saved.' })
    await client.invalidateQueries()
  }
  return (
    <form className="sched" onSubmit={(event) => void save(event)} aria-label="Proofs">
      <label className="fld">
        <span>Verify, oldest proof first (cron; empty = never by itself)</span>
        <input
          className="inp mono"
          value={verify}
          disabled={!may}
          placeholder="0 3 * * *"
          onChange={(event) => setVerify(event.target.value)}
        />
      </label>
      <label className="fld">
        <span>Verify up to</span>
        <select
          className="inp"
          value={level}
          disabled={!may}
          onChange={(event) => setLevel(event.target.value as ProofSchedule['verifyLevel'])}
        >
          {LEVELS.map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      <label className="fld">
        <span>Minutes at most</span>
        <input
          className="inp"
          type="number"
          min={1}
          max={1440}
          required
          value={minutes}
          disabled={!may}
          onChange={(event) => setMinutes(event.target.value)}
        />
      </label>
      <label className="fld">
        <span>Drill the newest known good archive (cron; empty = never by itself)</span>
        <input
          className="inp mono"
          value={drill}
          disabled={!may}
          placeholder="0 4 1 * *"
          onChange={(event) => setDrill(event.target.value)}
        />
      </label>
      <p className="q">
        Next verify: {proofs.nextVerifyAt ? <Time iso={proofs.nextVerifyAt} /> : 'none scheduled'}. Next drill:{' '}
        {proofs.nextDrillAt ? <Time iso={proofs.nextDrillAt} /> : 'none scheduled'}. UTC.
      </p>
      <button type="submit" className="btn" disabled={!may || busy} title={may ? undefined : 'Needs an admin'}>
        Save proofs
      </button>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}

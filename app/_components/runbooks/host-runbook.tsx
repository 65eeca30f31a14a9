'use client'
import { useState } from 'react'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import { ErrorNote, Reading } from '../parts.tsx'
import { RestoreRun } from '../restore/restore-run.tsx'
import { useUrlState } from '../url-state.ts'
import { HostForm } from './host-form.tsx'
import { HostPlanView } from './host-plan.tsx'

/** From a repository or an exported archive alone to a running orchestrator: say where from and where to, see the plan, go. */
export function HostRunbook() {
  const { params, set } = useUrlState()
  const may = useMay('settings')
  const [request, setRequest] = useState<HostRequest | null>(null)
  const job = params.get('job')
  const workspace = params.get('workspace')
  const planning = useRead('planHost', request ?? NOTHING, {
    enabled: request !== null && job === null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (job !== null && workspace !== null) {
    return (
      <div className="page">
        <RestoreRun
          workspaceId={workspace}
          jobId={job as `job_${string}`}
          request={null}
          reviewed={null}
          onFresh={() => {}}
          onAgain={() => set({ job: null, workspace: null })}
        />
      </div>
    )
  }
  const { data: plan, error, isFetching, refetch } = planning
  return (
    <div className="page rsp">
      <div className="stack">
        <h1>Lost host</h1>
        <p className="s">
          A copy of the repository, or one exported archive, is all it takes. The config comes back first, the other items go where it says,
          each file is read back, then the orchestrator is started.
        </p>
      </div>
      {may ? null : <ErrorNote error={{ message: 'Your role may not bring a host back.', hint: 'Ask an admin.' }} />}
      <HostForm isBusy={isFetching} disabled={!may} onPlan={setRequest} />
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {isFetching ? <Reading rows={6} what="Reading the archives…" /> : null}
      {request && plan && !isFetching && !error ? (
        <HostPlanView
          request={request}
          plan={plan}
          onRequest={setRequest}
          onStarted={(jobId) => set({ job: jobId, workspace: plan.workspaceId })}
        />
      ) : null}
    </div>
  )
}

/** Never sent: the read waits for a request. */
const NOTHING: HostRequest = { source: { kind: 'known' }, root: '/', maps: [], rewriteConfig: false }

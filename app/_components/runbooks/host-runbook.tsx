'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useKept } from '#lib/client/use-kept.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import { JobProgressBlock } from '../job-parts.tsx'
import { ErrorNote, Reading } from '../parts.tsx'
import { type MadeKey, RecoveryKeyNote } from '../repository/recovery-key-note.tsx'
import { RestoreRun } from '../restore/restore-run.tsx'
import { useUrlState } from '../url-state.ts'
import { ChooseWorkspace } from './choose-workspace.tsx'
import { NEW_HOST, nextDraft, reviveDraft, withoutSecrets } from './host-draft.ts'
import { HostForm } from './host-form.tsx'
import { HostPlanView } from './host-plan.tsx'
import './runbooks.css'

/** From a copy, a repository or an exported archive alone to a running orchestrator: say where from and where to, see the plan, go. */
export function HostRunbook() {
  const { params, set } = useUrlState()
  const may = useMay('settings')
  const [form, setForm] = useKept('host-form', NEW_HOST, withoutSecrets, reviveDraft)
  const [request, setRequest] = useState<HostRequest | null>(null)
  const job = params.get('job')
  const workspace = params.get('workspace')
  const planning = useRead('planHost', request ?? NOTHING, {
    enabled: request !== null && job === null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [made, setMade] = useState<MadeKey | null>(null)
  const goOn = () => {
    setMade(null)
    made?.afterwards()
  }
  const client = useQueryClient()
  const { isFetching: isPlanning } = planning
  // Workspaces are known by now, also where the plan failed since there are several.
  useEffect(() => {
    if (!isPlanning) void client.invalidateQueries({ predicate: ({ queryKey }) => KNOWN_BY_THEN.includes(String(queryKey[0])) })
  }, [client, isPlanning])
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
  if (made)
    return (
      <div className="page rsp">
        <h1>Lost host</h1>
        <RecoveryKeyNote recoveryKey={made.recoveryKey} path={made.path} onKept={goOn} />
      </div>
    )
  const { data: plan, error, refetch } = planning
  const isSeveral = error !== null && 'code' in error && error.code === 'workspace_ambiguous'
  // Its archives are taken in by now: the place need not be reached once more.
  const pick = (id: WorkspaceId) => {
    setForm({ workspace: id })
    if (request) setRequest({ ...request, source: { kind: 'known' }, workspace: id })
  }
  return (
    <div className="page rsp">
      <div className="stack">
        <h1>Lost host</h1>
        <p className="s">
          A copy in a bucket, on a server or on a disk, or one exported archive, is all it takes. The config comes back first, the other
          items go where it says, each file is read back, then the orchestrator is started.
        </p>
      </div>
      {may ? null : <ErrorNote error={{ message: 'Your role may not bring a host back.', hint: 'Ask an admin.' }} />}
      <HostForm form={form} onForm={setForm} isBusy={isPlanning} disabled={!may} onPlan={setRequest} />
      {request && isSeveral && !isPlanning ? <ChooseWorkspace source={request.source} onPick={pick} /> : null}
      {error && !isSeveral ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {isPlanning ? <Taking /> : null}
      {request && plan && !isPlanning && !error ? (
        <HostPlanView
          key={plan.archiveId}
          request={request}
          plan={plan}
          onRequest={setRequest}
          onKey={setMade}
          onStarted={(jobId) => {
            setForm(nextDraft(form))
            setRequest(null)
            set({ job: jobId, workspace: plan.workspaceId })
          }}
        />
      ) : null}
    </div>
  )
}

/** What taking archives in changes. */
const KNOWN_BY_THEN = ['listWorkspaces', 'listRepositories']

/** Never sent: the read waits for a request. */
const NOTHING: HostRequest = { source: { kind: 'known' }, root: '/', maps: [], rewriteConfig: false, leaveOut: [] }

/** How far taking the archives in is, once that runs. */
function Taking() {
  const jobs = useOpenJobs(null).filter(({ kind }) => kind === 'rebuild' || kind === 'import')
  if (jobs.length === 0) return <Reading rows={6} what="Reading the archives…" />
  return (
    <div className="stack" role="status">
      {jobs.map((job) => (
        <JobProgressBlock key={job.id} job={job} />
      ))}
    </div>
  )
}

import {
  approval,
  execution,
  historyRecord,
  incident,
  type Numbers,
  numbersFrom,
  phrase,
  rssDraft,
  workflowEvent,
} from './sample-content.ts'

/** A state file as the orchestrator writes it; lists it does not fill are empty. */
export interface SampleState {
  [list: string]: unknown
  lastStartedAt: string
  updatedAt: string
  taskExecutions: unknown[]
  workflowEvents: unknown[]
}

type Maker = (next: Numbers, atMs: number) => unknown

/** Lists with how many records they gain per task and where the runtime caps them. */
const LISTS: Readonly<Record<string, { perTask: number; cap: number; make: Maker }>> = {
  taskHistory: { perTask: 0.5, cap: 2000, make: historyRecord },
  taskExecutions: { perTask: 1, cap: 5000, make: execution },
  approvals: { perTask: 0.1, cap: 1000, make: approval },
  driftRepairs: {
    perTask: 0.02,
    cap: 500,
    make: (next, atMs) => ({ runId: next().toString(16), requestedAt: new Date(atMs).toISOString(), processedPaths: [phrase(next, 1, 1)] }),
  },
  repairRecords: {
    perTask: 0.02,
    cap: 500,
    make: (next, atMs) => ({
      repairId: next().toString(16),
      classification: 'doc-drift',
      status: 'verified',
      detectedAt: new Date(atMs).toISOString(),
    }),
  },
  redditResponses: {
    perTask: 0.05,
    cap: 500,
    make: (next, atMs) => ({ draftId: next().toString(16), status: 'drafted', respondedAt: new Date(atMs).toISOString() }),
  },
  agentDeployments: {
    perTask: 0.02,
    cap: 500,
    make: (next, atMs) => ({
      deploymentId: next().toString(16),
      agentName: phrase(next, 1, 2),
      status: 'planned',
      deployedAt: new Date(atMs).toISOString(),
    }),
  },
  rssDrafts: { perTask: 0.05, cap: 200, make: rssDraft },
  rssSeenIds: { perTask: 0.3, cap: 400, make: (next) => next().toString(16) },
  incidentLedger: { perTask: 0.02, cap: 1000, make: incident },
  workflowEvents: { perTask: 4, cap: 20_000, make: workflowEvent },
  relationshipObservations: {
    perTask: 0.2,
    cap: 5000,
    make: (next, atMs) => ({ observationId: next().toString(16), relationship: 'feeds-agent', timestamp: new Date(atMs).toISOString() }),
  },
}

/** Lists that hold work in hand and are often empty. */
const QUEUES = [
  'pendingDocChanges',
  'taskRetryRecoveries',
  'redditQueue',
  'governedSkillState',
  'milestoneDeliveries',
  'demandSummaryDeliveries',
]

/** A state after that many tasks, ending at `nowMs`. */
export function sampleState(tasks: number, seed: number, nowMs: number): SampleState {
  const state: SampleState = {
    lastStartedAt: new Date(nowMs - 86_400_000).toISOString(),
    updatedAt: new Date(nowMs).toISOString(),
    indexedDocs: 128,
    docIndexVersion: 4,
    ...Object.fromEntries(QUEUES.map((name) => [name, []])),
    taskExecutions: [],
    workflowEvents: [],
    lastDriftRepairAt: null,
    lastRssSweepAt: null,
    lastNightlyBatchAt: null,
    lastAgentDeployAt: null,
  }
  for (const name of Object.keys(LISTS)) state[name] = []
  addTasks(state, tasks, seed, nowMs, tasks * 60_000)
  return state
}

/** Lets the state handle more tasks within the `spanMs` before `nowMs`; lists stay within their caps as at every save. */
export function addTasks(state: SampleState, tasks: number, seed: number, nowMs: number, spanMs: number): void {
  const next = numbersFrom(seed)
  for (const [name, { perTask, cap, make }] of Object.entries(LISTS)) {
    const list = Array.isArray(state[name]) ? (state[name] as unknown[]) : []
    const wanted = tasks === 0 ? 0 : Math.max(1, Math.round(tasks * perTask))
    const made = Math.min(wanted, cap)
    for (let i = 0; i < made; i++) list.push(make(next, nowMs - Math.floor((spanMs * (made - i)) / made)))
    state[name] = list.slice(-cap)
  }
  state.updatedAt = new Date(nowMs).toISOString()
  state['lastRssSweepAt'] = new Date(nowMs - 1_200_000).toISOString()
  state['lastNightlyBatchAt'] = new Date(nowMs - 14_400_000).toISOString()
}

/**
 * What Orchive knows about the orchestrator's config and state, as data. Source: the published orchestrator's config schema and its
 * "Backup & Recovery" page. New keys need no code: unknown path-like keys are offered as extra items.
 */
import type { Importance } from '../finding.ts'

export interface KnownKey {
  key: string
  label: string
  importance: Importance
  /** What the runtime expects there; `any` when both occur. */
  expects: 'file' | 'folder' | 'any'
  /** `default` keys are items of every workspace, `extra` ones are offered. */
  role: 'default' | 'extra'
  /** The runtime does not start without it. */
  isRequired: boolean
  /** How old files of it may leave the live disk: `by-age` logs, `keep-recent` packs of which the newest stay. Absent = never. */
  offload?: OffloadRule
}

/** Which files of an item may leave the live disk. */
export type OffloadRule = 'by-age' | 'keep-recent'

/** The item key of the config file itself. */
export const CONFIG_ITEM_KEY = 'config'

/** The config file as an item. */
export const CONFIG_ITEM: KnownKey = {
  key: CONFIG_ITEM_KEY,
  label: 'Config file',
  importance: 'critical',
  expects: 'file',
  role: 'default',
  isRequired: true,
}

/** The key that the runtime's STATE_FILE variable replaces. */
export const STATE_KEY = 'stateFile'

/** Path keys in the order in which items are listed and names inside an archive are given out. */
export const KNOWN_KEYS: readonly KnownKey[] = [
  { key: STATE_KEY, label: 'State file', importance: 'critical', expects: 'file', role: 'default', isRequired: true },
  {
    key: 'knowledgePackDir',
    label: 'Knowledge packs',
    importance: 'high',
    expects: 'folder',
    role: 'default',
    isRequired: false,
    offload: 'keep-recent',
  },
  { key: 'logsDir', label: 'Logs', importance: 'medium', expects: 'folder', role: 'default', isRequired: true, offload: 'by-age' },
  { key: 'docsPath', label: 'Documents', importance: 'medium', expects: 'any', role: 'extra', isRequired: true },
  { key: 'cookbookPath', label: 'Cookbook', importance: 'medium', expects: 'any', role: 'extra', isRequired: false },
  { key: 'digestDir', label: 'Digests', importance: 'medium', expects: 'folder', role: 'extra', isRequired: false },
  { key: 'redditDraftsPath', label: 'Reddit drafts', importance: 'medium', expects: 'any', role: 'extra', isRequired: false },
  { key: 'rssConfigPath', label: 'RSS config', importance: 'medium', expects: 'any', role: 'extra', isRequired: false },
  { key: 'deployBaseDir', label: 'Agent deployments', importance: 'medium', expects: 'folder', role: 'extra', isRequired: false },
  { key: 'milestoneFeedPath', label: 'Milestone feed', importance: 'medium', expects: 'any', role: 'extra', isRequired: false },
  { key: 'runtimeEngagementOsPath', label: 'Engagement OS', importance: 'medium', expects: 'any', role: 'extra', isRequired: false },
]

/** The rule by which files of an item may leave the live disk; null = they never do. */
export function offloadRuleOf(key: string): OffloadRule | null {
  return KNOWN_KEYS.find((known) => known.key === key)?.offload ?? null
}

/** Names a config file goes by. */
export const CONFIG_NAMES: readonly string[] = ['orchestrator_config.json']

/** Folders below a workspace root where a config is looked for; empty = the root itself. */
export const CONFIG_FOLDERS: readonly string[] = ['', 'orchestrator']

/** URL schemes of stores that hold orchestrator data outside the file system. */
export const STORE_SCHEMES: Readonly<Record<string, string>> = {
  mongodb: 'MongoDB',
  'mongodb+srv': 'MongoDB',
  redis: 'Redis',
  rediss: 'Redis',
  postgres: 'PostgreSQL',
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  s3: 'S3',
}

/** `history` grows until its cap and never empties by itself; a `queue` may run empty at any time. */
export type StateListRole = 'history' | 'queue'

/** Top-level lists of the state file; others are judged by their length alone. */
export const STATE_LISTS: Readonly<Record<string, StateListRole>> = {
  taskHistory: 'history',
  taskExecutions: 'history',
  approvals: 'history',
  driftRepairs: 'history',
  repairRecords: 'history',
  taskRetryRecoveries: 'queue',
  redditQueue: 'queue',
  redditResponses: 'history',
  agentDeployments: 'history',
  rssDrafts: 'history',
  rssSeenIds: 'history',
  governedSkillState: 'history',
  milestoneDeliveries: 'history',
  demandSummaryDeliveries: 'history',
  incidentLedger: 'history',
  workflowEvents: 'history',
  relationshipObservations: 'history',
  pendingDocChanges: 'queue',
}

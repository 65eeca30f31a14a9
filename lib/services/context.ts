import type { ReadableDb, WritableDb } from '#db/handle.ts'
import type { Clock } from '#lib/base/clock.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Right, Role, WorkspaceRole } from '#lib/contracts/rights.ts'

/** Who asks. People at a shell of the host have every right: they could read the files anyway. */
export interface Actor {
  id: string | null
  name: string
  role: Role
  via: 'cli' | 'console' | 'api'
  /** What a person of the console may do apart from the role; missing = the role counts everywhere. */
  standing?: Standing
  /** Where the request came from; null when nothing says so that can be trusted. */
  address?: string | null
  /** When a person of the console signed in, by the real clock; missing for everybody else. */
  signedInMs?: number
}

/** Where a person's role counts, and what a token leaves of it. */
export interface Standing {
  everywhere: boolean
  inWorkspaces: ReadonlyMap<WorkspaceId, WorkspaceRole>
  /** Rights that the token has; null = no token, all that the role has. */
  scope: readonly Right[] | null
  /** Workspaces that the token is for; null = all. */
  only: readonly WorkspaceId[] | null
}

/** Where things lie below ORCHIVE_HOME. */
export interface HomePaths {
  home: string
  catalogDb: string
  consoleDb: string
  repository: string
  jobs: string
  statCache: string
  drills: string
  /** Records of deletions from the live disk. */
  offloads: string
  hostConfig: string
  /** Journals, locks and open undos of restores. */
  journals: string
  /** What a scraper of metrics sends. */
  metricsToken: string
  /** What secrets of notification channels are sealed with. */
  notifyKey: string
  /** What is remembered of the places of replicas, and the locks of those. */
  replicas: string
  /** Keys of encrypted repositories. */
  keys: string
  /** Given back when the disk is full. */
  reserve: string
}

/** What every service works with. Databases open on first use. */
export interface ServiceContext {
  actor: Actor
  paths: HomePaths
  clock: Clock
  /** Version of Orchive. */
  tool: string
  /** Absolute path of `bin/orchive`, for jobs and children. */
  launcher: string
  /** The orchestrator's own environment overrides. */
  orchestratorEnv: { config: string | undefined; stateFile: string | undefined }
  /** The environment that commands of the host file run with. */
  hostEnv: Readonly<Record<string, string | undefined>>
  /** The folder of a repository that archives are read from instead of their own: a replica that somebody named. */
  readFrom?: string | undefined
  /** Hosts in private networks that notifications may be sent to, in lower case. */
  notifyAllow: readonly string[]
  readonly consoleDb: WritableDb
  /** The catalog as it lies there now; throws `catalog_missing`. */
  catalogDb(): ReadableDb
  /** Opens the catalog for writing, for the time of `work`. */
  withCatalog<T>(work: (db: WritableDb) => Promise<T>): Promise<T>
}

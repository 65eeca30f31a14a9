import type { ReadableDb, WritableDb } from '#db/handle.ts'
import type { Clock } from '#lib/base/clock.ts'
import type { Role } from '#lib/contracts/rights.ts'

/** Who asks. People at a shell of the host have every right: they could read the files anyway. */
export interface Actor {
  id: string | null
  name: string
  role: Role
  via: 'cli' | 'console'
}

/** Where things lie below ORCHIVE_HOME. */
export interface HomePaths {
  home: string
  catalogDb: string
  consoleDb: string
  repository: string
  jobs: string
  statCache: string
  /** Records of deletions from the live disk. */
  offloads: string
  hostConfig: string
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
  /** Folders in which commands of the host are looked for, joined by colons. */
  searchPath: string
  readonly consoleDb: WritableDb
  /** The catalog as it lies there now; throws `catalog_missing`. */
  catalogDb(): ReadableDb
  /** Opens the catalog for writing, for the time of `work`. */
  withCatalog<T>(work: (db: WritableDb) => Promise<T>): Promise<T>
}

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CatalogFollower, followCatalog } from '#db/catalog/follow-catalog.ts'
import { countPeople } from '#db/console/tables/people.ts'
import { type OpenDatabase, openCatalog, openConsole, type WritableDb } from '#db/open-database.ts'
import { makeRoot } from '#lib/engine/storage/durable-files.ts'
import type { Actor, HomePaths, ServiceContext } from '#lib/services/context.ts'
import { type Env, readEnv } from './env.ts'
import { launcherPath, toolVersion } from './launcher.ts'

/** One a process: what services are given. Nothing opens before it is asked for. */
export class Container {
  readonly env: Env
  readonly paths: HomePaths
  private console: OpenDatabase<WritableDb> | null = null
  private catalog: CatalogFollower | null = null

  constructor(env: Env) {
    this.env = env
    const { home } = env
    this.paths = {
      home,
      catalogDb: join(home, 'prisma-free-db/catalog.db'),
      consoleDb: join(home, 'prisma-free-db/console.db'),
      repository: join(home, 'repository'),
      jobs: join(home, 'jobs'),
      statCache: join(home, 'stat-cache'),
      drills: join(home, 'drills'),
      offloads: join(home, 'offloads'),
      hostConfig: join(home, 'orchive.config.json'),
      journals: join(home, 'journals'),
      metricsToken: join(home, 'metrics-token'),
      notifyKey: join(home, 'notify-key'),
      replicas: join(home, 'replicas'),
      keys: join(home, 'keys'),
      reserve: join(home, 'reserve'),
    }
  }

  get consoleDb(): WritableDb {
    if (!this.console) {
      makeRoot(this.paths.home)
      this.console = openConsole(this.paths.consoleDb)
    }
    return this.console.db
  }

  /** What sessions are signed with; made at first use, readable by this user only. */
  get secret(): string {
    const path = join(this.paths.home, 'secret')
    if (!existsSync(path)) {
      makeRoot(this.paths.home)
      try {
        writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
      } catch {
        // Another process was first; its secret counts.
      }
    }
    return readFileSync(path, 'utf8').trim()
  }

  hasUsers(): boolean {
    return countPeople(this.consoleDb) > 0
  }

  /** The context of one actor. */
  contextFor(actor: Actor): ServiceContext {
    const container = this
    return {
      actor,
      paths: this.paths,
      clock: this.env.clock,
      tool: toolVersion(),
      launcher: launcherPath(),
      orchestratorEnv: { config: this.env.orchestratorConfig, stateFile: this.env.stateFile },
      hostEnv: this.env.hostEnv,
      notifyAllow: this.env.notifyAllow,
      get consoleDb() {
        return container.consoleDb
      },
      catalogDb() {
        container.catalog ??= followCatalog(container.paths.catalogDb)
        return container.catalog.db()
      },
      async withCatalog(work) {
        const open = openCatalog(container.paths.catalogDb)
        try {
          return await work(open.db)
        } finally {
          open.close()
        }
      },
    }
  }

  close(): void {
    this.console?.close()
    this.catalog?.close()
    this.console = null
    this.catalog = null
  }
}

const KEY = Symbol.for('orchive.container')
const holder = globalThis as { [KEY]?: Container }

/** The container of this process; Next may load this module more than once, so it hangs on a global symbol. */
export function getContainer(): Container {
  holder[KEY] ??= new Container(readEnv())
  return holder[KEY]
}

/** Sets the container of a process that was given options on its command line. */
export function startContainer(overrides: { home?: string | undefined } = {}): Container {
  holder[KEY] = new Container(readEnv(overrides))
  return holder[KEY]
}

/** The service context of an actor. */
export const contextFor = (actor: Actor): ServiceContext => getContainer().contextFor(actor)

import { parseArgs } from 'node:util'

/** What a run does and how long, and what it must stay below. */
export interface LoadOptions {
  /** People at the console, each signed in by themselves. */
  sessions: number
  /** Those of them that follow jobs in a stream of events. */
  listeners: number
  /** Slow downloads of the large file. */
  downloads: number
  runMs: number
  /** Of one person between two requests, on average. */
  pauseMs: number
  /** Between two storms: all listeners drop and come back at once. */
  stormMs: number
  /** Of the console; below 0 it goes before other programs, so that these do not count as blocking its event loop. */
  niceness: number
  ceilings: Ceilings
}

/** A run fails when the console goes above one of these. */
export interface Ceilings {
  /** By work of its own. */
  blockedMs: number
  memoryMb: number
  openFiles: number
}

export const USAGE = `The console under load: people who are signed in and browse, followers of jobs who drop and come back all at once, and slow downloads of a large file,
while backups that read everything, verifies and prunes run one after the other. Exits with 1 when an answer was wrong or a ceiling was passed.
  --sessions N (200)   --listeners N (200)   --downloads N (10)   --seconds N (60)   --pause MS (5000)   --storm SECONDS (10)   --nice=N (0)
  --blocked MS (50)    --memory MB (700)     --files N (1000)`

/** Reads the command line; throws for an option that there is not. */
export function readOptions(args: string[]): LoadOptions | null {
  const number = (fallback: number) => ({ type: 'string', default: String(fallback) }) as const
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      sessions: number(200),
      listeners: number(200),
      downloads: number(10),
      seconds: number(60),
      pause: number(5000),
      storm: number(10),
      nice: number(0),
      blocked: number(50),
      memory: number(700),
      files: number(1000),
    },
  })
  if (values.help) return null
  return {
    sessions: Number(values.sessions),
    listeners: Number(values.listeners),
    downloads: Number(values.downloads),
    runMs: Number(values.seconds) * 1000,
    pauseMs: Number(values.pause),
    stormMs: Number(values.storm) * 1000,
    niceness: Number(values.nice),
    ceilings: { blockedMs: Number(values.blocked), memoryMb: Number(values.memory), openFiles: Number(values.files) },
  }
}

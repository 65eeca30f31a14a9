import { randomFillSync } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { advanceDay, ageWorkspace, FULL, makeWorkload, numbers, packName, packText, WORDS, type WorkloadSize, writeLog } from './mix.ts'
import type { BenchWorkspace } from './workspace.ts'

const CONFIG = { docsPath: './docs', logsDir: './logs', stateFile: './orchestrator_state.json', knowledgePackDir: './knowledge-packs' }

/** The mix of the published peer figures: JSONL logs, packs, a state of a few megabytes. */
function mix(name: string, about: string, size: WorkloadSize): BenchWorkspace {
  return {
    name,
    about,
    make: (root) => makeWorkload(root, size),
    advanceDay: (root, day) => advanceDay(root, size, day),
    age: ageWorkspace,
    oneFile: `knowledge-packs/${packName(1)}`,
  }
}

/** Many files of up to 2 KB, a thousand in a folder. */
function small(name: string, about: string, files: number): BenchWorkspace {
  const folderOf = (i: number) => `logs/day-${String(Math.floor(i / 1000)).padStart(4, '0')}`
  const pathOf = (i: number) => `${folderOf(i)}/run-${String(i % 1000).padStart(3, '0')}.json`
  const write = (root: string, i: number, seed: number) => writeFileSync(join(root, pathOf(i)), smallText(seed))
  return {
    name,
    about,
    make(root) {
      writeFrame(root)
      for (let i = 0; i < files; i++) {
        if (i % 1000 === 0) mkdirSync(join(root, folderOf(i)))
        write(root, i, i + 1)
      }
    },
    advanceDay(root, day) {
      for (let i = 0; i < files / 200; i++) write(root, (i * 199 + day * 31) % files, 10_000_000 + day * files + i)
    },
    age(root) {
      for (const [i, folder] of readdirSync(join(root, 'logs')).sort().entries())
        if (i % 3 === 0) rmSync(join(root, 'logs', folder), { recursive: true })
    },
    oneFile: pathOf(1),
  }
}

function smallText(seed: number): string {
  const next = numbers(seed * 2654435761)
  const words = Array.from({ length: 8 + (next() % 180) }, () => WORDS[next() % WORDS.length]).join(' ')
  return JSON.stringify({ id: next().toString(16), at: 1_760_000_000_000 + seed, ok: next() % 5 > 0, note: words })
}

/** One log, and each day a hundredth more of it. */
function hugeLog(megabytes: number): BenchWorkspace {
  const path = 'logs/run.jsonl'
  return {
    name: 'log',
    about: `one log of ${megabytes} MB`,
    make(root) {
      writeFrame(root)
      writeLog(join(root, path), megabytes * 1e6, 77, 'w')
    },
    advanceDay: (root, day) => writeLog(join(root, path), megabytes * 1e4, 770 + day, 'a'),
    age: (root) => writeLog(join(root, path), megabytes * 5e5, 7777, 'w'),
    oneFile: path,
  }
}

/** Bytes that nothing compresses. */
function incompressible(files: number, megabytes: number): BenchWorkspace {
  const pathOf = (i: number) => `logs/blob-${String(i).padStart(3, '0')}.bin`
  const write = (root: string, i: number) =>
    writeFileSync(join(root, pathOf(i)), randomFillSync(Buffer.allocUnsafe((megabytes / files) * 1e6)))
  return {
    name: 'incompressible',
    about: `${files} files of random bytes, ${megabytes} MB`,
    make(root) {
      writeFrame(root)
      for (let i = 0; i < files; i++) write(root, i)
    },
    advanceDay(root, day) {
      write(root, day % files)
      appendFileSync(join(root, pathOf((day + 1) % files)), randomFillSync(Buffer.allocUnsafe(100_000)))
    },
    age(root) {
      for (let i = 0; i < files; i += 3) rmSync(join(root, pathOf(i)))
    },
    oneFile: pathOf(1),
  }
}

/** Knowledge packs as an orchestrator keeps them: each a new edition of one before, most of its sections taken over. */
function packs(count: number): BenchWorkspace {
  const write = (root: string, i: number, edition: number) => {
    const base = JSON.parse(packText(i % Math.ceil(count / 4))) as { id: string; sections: { body: string }[] }
    const next = numbers(i * 31 + edition)
    const changed = base.sections[next() % base.sections.length]!
    changed.body = Array.from({ length: 60 }, () => WORDS[next() % WORDS.length]).join(' ')
    writeFileSync(join(root, 'knowledge-packs', packName(i)), JSON.stringify({ ...base, id: `kp-${i}-${edition}` }, null, 2))
  }
  return {
    name: 'packs',
    about: `${count} knowledge packs, four editions of each`,
    make(root) {
      writeFrame(root)
      for (let i = 0; i < count; i++) write(root, i, 0)
    },
    advanceDay(root, day) {
      for (let i = 0; i < count / 100; i++) write(root, (i * 97 + day) % count, day)
    },
    age(root) {
      for (let i = 0; i < count; i += 3) rmSync(join(root, 'knowledge-packs', packName(i)), { force: true })
    },
    oneFile: `knowledge-packs/${packName(1)}`,
  }
}

/** Config, state, and the folders that the config names. */
function writeFrame(root: string): void {
  for (const folder of ['logs', 'knowledge-packs']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'orchestrator_config.json'), JSON.stringify(CONFIG, null, 2))
  writeFileSync(join(root, 'orchestrator_state.json'), '{"taskExecutions":[]}')
}

/** All kinds, by name; `million` only when it is asked for. */
export const WORKSPACES: readonly BenchWorkspace[] = [
  mix('mix', 'eight JSONL logs of 100 MB, 10,000 packs, a state of 7 MB', FULL),
  small('small', '50,000 files of up to 2 KB', 50_000),
  hugeLog(600),
  incompressible(40, 400),
  packs(10_000),
  { ...small('million', '1,000,000 files of up to 2 KB', 1_000_000), steps: ['first', 'nothing changed'], mostRounds: 1 },
  mix('tiny', 'the mix, forty times smaller: to try the harness', { logs: 4, logMb: 5, packs: 500, stateMb: 1 }),
]

/** What runs when nothing else is asked for. */
export const USUAL = ['mix', 'small', 'log', 'incompressible', 'packs']

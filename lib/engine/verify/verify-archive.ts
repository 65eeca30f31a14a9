import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader, Repository } from '../repository/repository.ts'
import { SUSPECT_CODES } from '../workspace/state-baseline.ts'
import { checkBytes } from './check-bytes.ts'
import { checkConfig } from './check-config.ts'
import { checkContent } from './check-content.ts'
import { checkStructure } from './check-structure.ts'
import {
  type ArchiveVerdict,
  type EngineVerifyLevel,
  FindingList,
  type RepositoryHealth,
  VERIFY_LEVELS,
  type VerifyProgress,
  type VerifyRung,
} from './verify-types.ts'

export interface VerifyArchiveInput {
  reader: ArchiveReader
  manifest: Manifest
  repository: Repository
  level: EngineVerifyLevel
  /** Of `verifyRepository`, to read no frame twice. */
  health?: RepositoryHealth | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: VerifyProgress) => void) | undefined
}

const PROGRESS_EVERY_MS = 100

/** Checks an archive up to a level. Damage is told in findings; throws only `cancelled` and what makes checking impossible. */
export async function verifyArchive(input: VerifyArchiveInput): Promise<ArchiveVerdict> {
  const startedMs = systemClock.monotonicMs()
  const index = await input.repository.index()
  const progress = new VerifyTally(input)
  const read = { framesRead: 0, bytesRead: 0 }
  const checks: Record<EngineVerifyLevel, (findings: FindingList) => Promise<void>> = {
    bytes: async (findings) => {
      const health = input.health ?? null
      const onProgress = (path: string, bytes: number, entries: number) => progress.step(path, bytes, entries)
      Object.assign(
        read,
        await checkBytes({ ...input, signal: input.signal, health, isStored: (id) => index.has(id), onProgress }, findings),
      )
    },
    structure: (findings) => {
      const rawBytesOf = (id: string) => index.get(id)?.rawBytes ?? null
      return checkStructure(
        { ...input, signal: input.signal, rawBytesOf, onProgress: (entry) => progress.step(entry.path, entry.sizeBytes) },
        findings,
      )
    },
    content: async (findings) => {
      await checkContent({ ...input, signal: input.signal }, findings)
    },
    config: (findings) => checkConfig(input, findings),
  }
  const rungs: VerifyRung[] = []
  for (const [i, name] of VERIFY_LEVELS.slice(0, VERIFY_LEVELS.indexOf(input.level) + 1).entries()) {
    progress.enter(name)
    rungs.push(await climb((i + 1) as VerifyRung['level'], checks[name]))
  }
  const failed = rungs.findIndex((rung) => !rung.passed)
  return {
    archiveId: input.manifest.id,
    grade: (failed < 0 ? rungs.length : failed) as ArchiveVerdict['grade'],
    rungs,
    findings: worstFirst(rungs.flatMap((rung) => rung.findings.map((finding) => toldOf(input.manifest, finding)))),
    ...read,
    durationMs: Math.round(systemClock.monotonicMs() - startedMs),
  }
}

async function climb(level: VerifyRung['level'], check: (findings: FindingList) => Promise<void>): Promise<VerifyRung> {
  const startedMs = systemClock.monotonicMs()
  const list = new FindingList()
  try {
    await check(list)
  } catch (error) {
    if (!isAppError(error) || error.code === 'cancelled') throw error
    list.add('error', error.code, null, error.message)
  }
  const findings = list.finish()
  const passed = findings.every((finding) => finding.severity !== 'error')
  return { level, passed, durationMs: Math.round(systemClock.monotonicMs() - startedMs), findings }
}

/** A safety archive keeps damage so that it is not lost: it gets no better grade for that, and it is no failure of the archive either. */
function toldOf({ kind }: Manifest, finding: Finding): Finding {
  if (kind !== 'safety' || finding.severity !== 'error' || !KEPT_DAMAGE.has(finding.code)) return finding
  return { ...finding, severity: 'info', message: `${finding.message} It was so when the safety archive was taken, which keeps it.` }
}

const KEPT_DAMAGE: ReadonlySet<string> = new Set(SUSPECT_CODES)

const RANK = { error: 0, warning: 1, info: 2 } as const

/** One finding a line, errors before warnings; what two rungs said alike is said once. */
function worstFirst(findings: Finding[]): Finding[] {
  const seen = new Set<string>()
  const once = findings.filter(({ code, path, message }) => {
    const key = `${code}\n${path}\n${message}`
    return seen.has(key) ? false : seen.add(key)
  })
  return once.sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

class VerifyTally {
  private readonly input: VerifyArchiveInput
  private readonly progress: VerifyProgress
  private toldAtMs = -PROGRESS_EVERY_MS

  constructor(input: VerifyArchiveInput) {
    this.input = input
    this.progress = { phase: 'bytes', filesDone: 0, filesTotal: null, bytesDone: 0, bytesTotal: null, currentPath: null }
  }

  enter(phase: EngineVerifyLevel): void {
    const { entries, contentBytes } = this.input.manifest.totals
    const isCounted = phase === 'bytes' || phase === 'structure'
    const filesTotal = isCounted ? entries : null
    const bytesTotal = isCounted ? contentBytes : null
    Object.assign(this.progress, { phase, filesDone: 0, bytesDone: 0, filesTotal, bytesTotal, currentPath: null })
    this.tell()
  }

  step(path: string, bytes: number, entries = 1): void {
    this.progress.filesDone += entries
    this.progress.bytesDone += bytes
    this.progress.currentPath = path
    if (systemClock.monotonicMs() - this.toldAtMs >= PROGRESS_EVERY_MS) this.tell()
  }

  private tell(): void {
    this.toldAtMs = systemClock.monotonicMs()
    this.input.onProgress?.({ ...this.progress })
  }
}

import { systemClock } from '#lib/base/clock.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { Finding } from '../finding.ts'
import type { DrillStep, DrillStepKey, DrillStepOutcome, DrillVerdict } from './drill-types.ts'

/** Every step in its order, as people read it. */
export const STEP_TITLES: Record<DrillStepKey, string> = {
  sweep: 'Clear away what earlier drills left',
  prepare: 'Look for scratch space and the drill command',
  verify: 'Read the archive: bytes, structure, content, config',
  restore: 'Restore everything into scratch',
  compare: 'Read each file back from disk',
  content: 'Parse the restored JSON against its baseline',
  config: 'Resolve the restored config in the copy',
  command: 'Run the drill command of the host on the copy',
  clean: 'Take the copy away',
}

/** How one step ended, as its work tells it. */
export interface StepEnd {
  outcome?: DrillStepOutcome
  evidence: string
  findings?: Finding[]
}

/** Failures that speak against the archive; everything else speaks against the host. */
const ARCHIVE_CODES = new Set<string>([
  'frame_damaged',
  'frame_missing',
  'object_missing',
  'repository_damaged',
  'path_unsafe',
  'path_unknown',
  'config_invalid',
  'config_missing',
  'item_invalid',
])

/** The steps of a drill as they happen: after the first one that did not pass, the rest is skipped. */
export class DrillSteps {
  readonly steps: DrillStep[] = []
  readonly findings: Finding[] = []
  private ended: 'failed' | 'broke' | null = null

  get verdict(): DrillVerdict {
    return this.ended === 'failed' ? 'archive-bad' : this.ended === 'broke' ? 'environment-broke' : 'passed'
  }

  /** Runs a step unless one before it did not pass. `isAlways` is for clearing up. Throws only `cancelled`. */
  async run(key: DrillStepKey, work: () => Promise<StepEnd> | StepEnd, isAlways = false): Promise<void> {
    if (this.ended !== null && !isAlways) {
      this.add(key, 'skipped', 0, 'Not reached.')
      return
    }
    const startedMs = systemClock.monotonicMs()
    const end = await attempt(key, work)
    this.findings.push(...(end.findings ?? []))
    const isBad = end.findings?.some(({ severity }) => severity === 'error') ?? false
    const outcome = end.outcome ?? (isBad ? 'failed' : 'passed')
    this.add(key, outcome, Math.round(systemClock.monotonicMs() - startedMs), end.evidence)
    if (outcome === 'failed' || outcome === 'broke') this.ended ??= outcome
  }

  private add(key: DrillStepKey, outcome: DrillStepOutcome, durationMs: number, evidence: string): void {
    this.steps.push({ key, title: STEP_TITLES[key], outcome, durationMs, evidence })
  }
}

async function attempt(key: DrillStepKey, work: () => Promise<StepEnd> | StepEnd): Promise<StepEnd> {
  try {
    return await work()
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    if (code === 'cancelled') throw error
    const isArchive = ARCHIVE_CODES.has(code)
    const finding: Finding = {
      severity: 'error',
      code: isArchive ? code : `drill_${key}_broke`,
      path: null,
      message: `${message} ${hint}`.trim(),
    }
    return { outcome: isArchive ? 'failed' : 'broke', evidence: message, findings: [finding] }
  }
}

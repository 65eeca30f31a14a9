/**
 * A drill: everything of an archive is restored into a scratch folder and looked at there, the way one would after a loss.
 * Invariant: nothing is written outside the drill's own folder, and that folder is gone when the drill is over, however it ends. What a killed
 * drill left is taken away by the next one.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { fsPath, joinRaw, rawOfString } from '../raw-path.ts'
import { executeRestore } from '../restore/execute-restore.ts'
import { safeRawPath } from '../restore/safe-path.ts'
import { checkContent } from '../verify/check-content.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { FindingList } from '../verify/verify-types.ts'
import { CONFIG_ITEM_KEY } from '../workspace/item-keys.ts'
import { readConfig } from '../workspace/read-config.ts'
import { compareTree } from './compare-tree.ts'
import { DrillSteps, type StepEnd } from './drill-steps.ts'
import type { DrillInput, DrillPlace, DrillResult } from './drill-types.ts'
import { relocateConfig } from './relocate-config.ts'
import { makeScratch, removeScratch, scratchNeed } from './scratch.ts'

/** Drills an archive. What goes wrong is a step of the result; throws only `cancelled`, after clearing up. */
export async function runDrill(input: DrillInput): Promise<DrillResult> {
  const startedMs = systemClock.monotonicMs()
  const steps = new DrillSteps()
  const drill = new Drill(input)
  try {
    await steps.run('sweep', () => ({ evidence: input.sweep() }))
    await steps.run('prepare', () => drill.prepare())
    await steps.run('verify', () => drill.verify())
    await steps.run('restore', () => drill.restore())
    await steps.run('compare', () => drill.compare())
    await steps.run('content', () => drill.content())
    await steps.run('config', () => drill.config())
    await steps.run('command', () => drill.command())
  } catch (error) {
    removeScratch(input.folder)
    throw error
  }
  await steps.run('clean', () => drill.clean(), true)
  return {
    verdict: steps.verdict,
    steps: steps.steps,
    findings: worstFirst(steps.findings),
    verified: drill.verified,
    restoredFiles: drill.restored.files,
    restoredBytes: drill.restored.bytes,
    durationMs: Math.round(systemClock.monotonicMs() - startedMs),
  }
}

class Drill {
  verified: DrillResult['verified'] = null
  restored = { files: 0, bytes: 0 }
  private readonly input: DrillInput
  private readonly place: DrillPlace

  constructor(input: DrillInput) {
    this.input = input
    const { folder } = input
    this.place = { folder, root: join(folder, 'files'), configPath: join(folder, 'orchestrator_config.json') }
  }

  prepare(): StepEnd {
    const { folder, manifest, command } = this.input
    this.tell('prepare')
    const problem = command?.problem() ?? null
    if (problem !== null) {
      const findings: Finding[] = [{ severity: 'error', code: 'drill_command_missing', path: null, message: problem }]
      return { outcome: 'broke', evidence: problem, findings }
    }
    return { evidence: `${makeScratch(folder, dirname(folder), scratchNeed(manifest.totals))}.` }
  }

  async verify(): Promise<StepEnd> {
    const verdict = await verifyArchive({ ...this.input, level: 'config', onProgress: this.input.onProgress })
    this.verified = verdict
    const isSound = verdict.rungs.every(({ level, passed }) => level === 4 || passed)
    // That its paths do not resolve on this host is no fault of the archive: here they are resolved in the copy.
    const findings = verdict.findings.map((one) => (isSound && one.severity === 'error' ? { ...one, severity: 'warning' as const } : one))
    const read = `${formatCount(verdict.framesRead)} frames, ${formatBytes(verdict.bytesRead)} read; L${verdict.grade} reached`
    return { outcome: isSound ? 'passed' : 'failed', evidence: `${read}.`, findings }
  }

  async restore(): Promise<StepEnd> {
    const { reader, manifest, jobId, signal, onProgress } = this.input
    const result = await executeRestore({ reader, manifest, paths: [], target: this.place.root, items: [], jobId, signal, onProgress })
    this.restored = { files: result.restoredFiles, bytes: result.restoredBytes }
    // Damage is named here; what else came back otherwise than it was, the comparison finds.
    const findings = result.warnings.map(({ path, code, message }): Finding => {
      return { severity: code === 'frame_damaged' || code === 'frame_missing' ? 'error' : 'warning', code, path, message }
    })
    return { evidence: `${plural(result.restoredFiles, 'file')}, ${formatBytes(result.restoredBytes)} written.`, findings }
  }

  async compare(): Promise<StepEnd> {
    const { reader, manifest, signal } = this.input
    const list = new FindingList()
    const done = { files: 0, bytes: 0 }
    const onEntry = (path: string, bytes: number) => {
      done.files++
      done.bytes += bytes
      this.tell('compare', done, path)
    }
    const read = await compareTree({ reader, manifest, root: this.place.root, signal, onEntry }, list)
    return {
      evidence: `${plural(read.files, 'file')}, ${formatBytes(read.bytes)} read back; type, mode and SHA-256 compared.`,
      findings: list.finish(),
    }
  }

  async content(): Promise<StepEnd> {
    const { reader, manifest, repository, signal } = this.input
    this.tell('content')
    const list = new FindingList()
    const contentOf = async (entry: Entry) => readFileSync(fsPath(joinRaw(rawOfString(this.place.root), safeRawPath(entry.path))))
    const checked = await checkContent({ reader, manifest, repository, signal, contentOf }, list)
    return { evidence: checked.length === 0 ? 'The archive has no JSON item.' : `${checked.join(', ')} parsed.`, findings: list.finish() }
  }

  config(): StepEnd {
    const { manifest } = this.input
    this.tell('config')
    const name = manifest.items.find(({ key }) => key === CONFIG_ITEM_KEY)?.archiveName ?? null
    if (name === null) return { outcome: 'failed', evidence: 'The archive holds no config file.' }
    const list = new FindingList()
    const path = fsPath(joinRaw(rawOfString(this.place.root), safeRawPath(name)))
    const { config, resolved, outside } = relocateConfig(manifest, readConfig(String(path)).json, this.place.root, list)
    writeFileSync(this.place.configPath, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
    const beyond = outside.length === 0 ? '' : ` Outside of the archive, left as they are: ${outside.join(', ')}.`
    return { evidence: `${formatCount(resolved)} items resolve in the copy.${beyond}`, findings: list.finish() }
  }

  async command(): Promise<StepEnd> {
    const { command, signal } = this.input
    if (command === null) return { outcome: 'skipped', evidence: 'None is configured in orchive.config.json.' }
    throwIfCancelled(signal)
    this.tell('command')
    const { outcome, evidence } = await command.run(this.place)
    if (outcome === 'passed') return { outcome, evidence }
    const code = outcome === 'failed' ? 'drill_command_failed' : 'drill_command_broke'
    return { outcome, evidence, findings: [{ severity: 'error', code, path: null, message: evidence }] }
  }

  /** A copy that cannot be taken away does not unsay what was proven. */
  clean(): StepEnd {
    const { folder } = this.input
    try {
      removeScratch(folder)
      return { evidence: 'Nothing is left.' }
    } catch (error) {
      const message = `${folder} could not be taken away: ${error instanceof Error ? error.message : String(error)}. The next drill tries again.`
      return {
        outcome: 'passed',
        evidence: message,
        findings: [{ severity: 'warning', code: 'drill_scratch_left', path: folder, message }],
      }
    }
  }

  private tell(phase: string, done = { files: 0, bytes: 0 }, currentPath: string | null = null): void {
    const { entries, contentBytes } = this.input.manifest.totals
    const isCounted = phase === 'compare'
    const totals = { filesTotal: isCounted ? entries : null, bytesTotal: isCounted ? contentBytes : null }
    this.input.onProgress?.({ phase, filesDone: done.files, bytesDone: done.bytes, ...totals, currentPath })
  }
}

const RANK = { error: 0, warning: 1, info: 2 } as const
const worstFirst = (findings: Finding[]) => findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity])

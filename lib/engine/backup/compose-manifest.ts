import { hostname } from 'node:os'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import type { Manifest, ManifestItem } from '../repository/manifest.ts'
import { configChangeFindings, diffConfigPaths } from '../workspace/config-changes.ts'
import { findingsOf, type Resolution, type ResolvedItem } from '../workspace/resolved-item.ts'
import type { PassResult } from './archive-pass.ts'
import type { BackupInput } from './backup-input.ts'
import type { SeriesHistory } from './series-history.ts'

interface Parts {
  id: ArchiveId
  input: BackupInput
  history: SeriesHistory
  pass: PassResult
  storedBytes: number
  durationMs: number
}

/** The record of an archive, from what was read and what came before. */
export function composeManifest({ id, input, history, pass, storedBytes, durationMs }: Parts): Manifest {
  const { workspace } = input
  const resolution = input.only ? partOf(input.resolution, pass) : input.resolution
  const prior = history.newest
  const time = archiveTime(input.clock.nowMs(), prior)
  const changes = prior ? configChangeFindings(diffConfigPaths(prior.configPaths, resolution.configPaths)) : []
  return {
    version: 1,
    id,
    workspaceId: workspace.id,
    workspaceName: workspace.name,
    root: workspace.root,
    configPath: workspace.configPath,
    series: input.series,
    seriesNumber: history.highestNumber + 1,
    kind: input.kind,
    createdAt: time.createdAt,
    durationMs: Math.round(durationMs),
    parentId: prior?.id ?? null,
    note: input.note,
    actor: input.actor,
    host: hostname(),
    tool: input.tool,
    maps: workspace.maps,
    extraItems: workspace.extraItems,
    items: resolution.items.map((item) => manifestItem(item, pass)),
    configPaths: resolution.configPaths,
    baselines: pass.baselines,
    findings: [...pass.suspicions, ...pass.findings, ...findingsOf(resolution), ...changes, ...time.findings],
    totals: { ...pass.totals, storedBytes },
    sections: pass.sections,
  }
}

/** A part names the items that it holds something of, and what is wrong with those alone. */
function partOf(resolution: Resolution, pass: PassResult): Resolution {
  return { ...resolution, items: resolution.items.filter(({ key }) => pass.perItem.has(key)), problems: [] }
}

/** Archives of a series are in the order of their times even when the clock is set back. */
function archiveTime(nowMs: number, prior: Manifest | null): { createdAt: string; findings: Finding[] } {
  const priorMs = prior ? Date.parse(prior.createdAt) : Number.NEGATIVE_INFINITY
  if (nowMs > priorMs) return { createdAt: new Date(nowMs).toISOString(), findings: [] }
  const message = `The clock says ${new Date(nowMs).toISOString()}, but the archive before is of ${prior!.createdAt}; this one is dated right after it.`
  return {
    createdAt: new Date(priorMs + 1).toISOString(),
    findings: [{ severity: 'warning', code: 'clock_backwards', path: null, message }],
  }
}

function manifestItem(item: ResolvedItem, pass: PassResult): ManifestItem {
  const sum = pass.perItem.get(item.key)
  return {
    key: item.key,
    label: item.label,
    importance: item.importance,
    kind: item.kind,
    archiveName: item.archiveName,
    sourcePath: item.path,
    configured: item.configured,
    files: sum?.files ?? 0,
    contentBytes: sum?.contentBytes ?? 0,
  }
}

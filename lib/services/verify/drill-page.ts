import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { DrillReport, DrillStep, DrillVerdict } from '#lib/contracts/drill.ts'

/** What each verdict means, in a sentence. */
export const VERDICTS: Record<DrillVerdict, string> = {
  passed: 'Passed: the archive was restored and holds.',
  'archive-bad': 'The archive is bad.',
  'environment-broke': 'The drill could not be carried out. This says nothing about the archive.',
}
const OUTCOMES: Record<DrillStep['outcome'], string> = { passed: 'Passed', failed: 'Failed', broke: 'Broke', skipped: 'Skipped' }

const STYLE = `body{font:14px/1.45 system-ui,sans-serif;color:#17181a;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1rem;margin:1.5rem 0 .5rem}p{margin:.25rem 0}
dl{display:grid;grid-template-columns:10rem 1fr;gap:.25rem 1rem}dt{color:#55585c}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #d8d7d1;overflow-wrap:anywhere}
.passed{color:#18733f}.failed,.archive-bad{color:#ad241c}.broke,.environment-broke{color:#855300}.skipped{color:#55585c}
@media print{body{margin:0;max-width:none;font-size:11px}tr{break-inside:avoid}}`

/** The report of a drill as one self-contained page to keep and to print: no script, nothing fetched. */
export function drillPage(drill: DrillReport): string {
  const facts: [string, string][] = [
    ['Archive', `${drill.archiveId}, taken ${drill.archiveAt}`],
    ['Workspace', drill.workspace],
    ['Drill', `${drill.jobId}, ${drill.startedAt} to ${drill.finishedAt}, ${formatDuration(drill.durationMs)}`],
    ['By', `${drill.actor} on ${drill.host}`],
    ['Restored', `${plural(drill.restoredFiles, 'file')}, ${formatBytes(drill.restoredBytes)}`],
    ['Grade', drill.grade === null ? 'unchanged' : `L${drill.grade}`],
    ['Counts until', drill.expiresAt ?? '-'],
    ['Drill command', drill.drillCommand?.join(' ') ?? 'none configured'],
  ]
  const steps = drill.steps.map(
    ({ title, outcome, durationMs, evidence }) =>
      `<tr><td>${text(title)}</td><td class="${outcome}">${OUTCOMES[outcome]}</td><td>${formatDuration(durationMs)}</td><td>${text(evidence)}</td></tr>`,
  )
  const findings = drill.findings.map(
    ({ severity, path, message }) => `<tr><td>${severity}</td><td>${text(path ?? '-')}</td><td>${text(message)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Drill of ${text(drill.archiveId)}</title>
<style>${STYLE}</style>
<h1>Drill report</h1>
<p class="${drill.verdict}"><strong>${VERDICTS[drill.verdict]}</strong></p>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${text(value)}</dd>`).join('')}</dl>
<h2>Steps</h2>
<table><thead><tr><th>Step</th><th>Outcome</th><th>Took</th><th>Seen</th></tr></thead><tbody>${steps.join('')}</tbody></table>
<h2>Findings</h2>
${findings.length === 0 ? '<p>None.</p>' : `<table><thead><tr><th>Kind</th><th>Object</th><th>What</th></tr></thead><tbody>${findings.join('')}</tbody></table>`}
</html>
`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value: string) => value.replace(/[&<>"']/g, (character) => ENTITIES[character]!)

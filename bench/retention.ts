/** The retention plan over 10,000 and 100,000 archives, in a zone with summer time: `node bench/retention.ts`. Figure to meet for 10,000: 200 ms. */
import type { ArchiveFacts } from '#lib/engine/retention/archive-facts.ts'
import { planRetention } from '#lib/engine/retention/plan-retention.ts'
import { DEFAULT_POLICY } from '#lib/engine/retention/policy.ts'
import { simulateForward } from '#lib/engine/retention/simulate-forward.ts'

const ROUNDS = 7
const nowMs = Date.parse('2026-11-24T16:00:00Z')
const plain = {
  note: null,
  grade: null,
  suspect: false,
  accepted: false,
  hold: null,
  knownGoodUntilMs: null,
  neededBy: null,
  released: false,
}

/** Wall time says what a person waits, time of the processor what it costs on a machine that does other things too. */
function measure(work: () => unknown): { wallMs: number; cpuMs: number } {
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
  work()
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

for (const count of [10_000, 100_000]) {
  // Every 6 hours, or as many as fit into 20 years.
  const everyMs = Math.min(6 * 3_600_000, (20 * 365 * 86_400_000) / count)
  const archives: ArchiveFacts[] = Array.from({ length: count }, (_, n) => ({
    id: `arc_${n.toString(16).padStart(24, '0')}`,
    kind: 'backup',
    createdAtMs: nowMs - n * everyMs,
    ...plain,
  }))
  for (const timeZone of ['UTC', 'Europe/Berlin']) {
    const input = { workspaceId: 'ws_1', archives, policy: DEFAULT_POLICY, timeZone, nowMs }
    const first = measure(() => planRetention(input))
    const again = Array.from({ length: ROUNDS }, () => measure(() => planRetention(input)))
    const year = measure(() => simulateForward(input))
    console.log(
      `${count} archives, ${timeZone}, ${planRetention(input).keepCount} kept: first ${first.wallMs.toFixed(0)} ms (processor ${first.cpuMs.toFixed(0)}), ` +
        `median ${median(again.map(({ wallMs }) => wallMs)).toFixed(1)} ms (processor ${median(again.map(({ cpuMs }) => cpuMs)).toFixed(1)}), the next year ${year.cpuMs.toFixed(0)} ms of processor`,
    )
  }
}

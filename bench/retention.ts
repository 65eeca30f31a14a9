/** The retention plan over 10,000 archives, in a zone with summer time: `node bench/retention.ts`. Figure to meet: 200 ms. */
import type { ArchiveFacts } from '#lib/engine/retention/archive-facts.ts'
import { planRetention } from '#lib/engine/retention/plan-retention.ts'
import { DEFAULT_POLICY } from '#lib/engine/retention/policy.ts'
import { simulateForward } from '#lib/engine/retention/simulate-forward.ts'

const ARCHIVES = 10_000
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

const archives: ArchiveFacts[] = Array.from({ length: ARCHIVES }, (_, n) => ({
  id: `arc_${n.toString(16).padStart(24, '0')}`,
  kind: 'backup',
  createdAtMs: nowMs - n * 6 * 3_600_000,
  ...plain,
}))

for (const timeZone of ['UTC', 'Europe/Berlin']) {
  const times: number[] = []
  let kept = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    kept = planRetention({ workspaceId: 'ws_1', archives, policy: DEFAULT_POLICY, timeZone, nowMs }).keepCount
    times.push(performance.now() - start)
  }
  const [median, worst] = [times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!, Math.max(...times)]
  console.log(`${timeZone}: ${ARCHIVES} archives, ${kept} kept, median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`)

  const start = performance.now()
  simulateForward({ workspaceId: 'ws_1', archives, policy: DEFAULT_POLICY, timeZone, nowMs })
  const middle = performance.now()
  simulateForward({ workspaceId: 'ws_1', archives, policy: { ...DEFAULT_POLICY, dailyDays: 10_000 }, timeZone, nowMs })
  console.log(`  the next year ${(middle - start).toFixed(0)} ms; where all of them stay ${(performance.now() - middle).toFixed(0)} ms`)
}

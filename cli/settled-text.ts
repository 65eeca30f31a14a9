import type { Settled } from '#lib/contracts/restore.ts'

const OUTCOMES: Record<Settled['outcome'], string> = {
  untouched: 'nothing had been changed yet',
  'rolled-back': 'everything is as it was before',
  finished: 'it had come so far that it counts, and its end was written',
  abandoned: 'everything was left as it is',
}

/** What became of an interrupted restore or undo, for people. */
export function settledText({ workspace, kind, jobId, outcome, isStopped, notes }: Settled): string {
  const what = `The interrupted ${kind} ${jobId} of ${workspace} was settled: ${OUTCOMES[outcome]}.`
  const stopped = isStopped ? ['It had stopped the orchestrator, which was not started again.'] : []
  return [what, ...stopped, ...notes].join(' ')
}

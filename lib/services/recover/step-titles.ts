/** The steps of the runbook for a corrupt state file, in their order. */
export const STATE_STEPS = {
  detect: 'Look at the live state',
  preserve: 'Keep everything as it is',
  choose: 'Choose a state',
  salvage: 'Salvage',
  restore: 'Replace the state',
} as const

/** The steps of the runbook for a lost host, in their order. */
export const HOST_STEPS = {
  import: 'Take the exported archive in',
  attach: 'Attach the repository',
  choose: 'Choose an archive',
  relocate: 'Find out where everything goes',
  config: 'Put the config in place',
  restore: 'Restore to where the config says',
  start: 'Rebuild and start the orchestrator',
  health: 'See that it is healthy',
  state: 'Read its state',
  report: 'Report',
} as const

/** A step as a plan tells it. */
export const plannedStep = (id: string, title: string, detail: string) => ({
  ...{ id, title, outcome: 'planned' as const, detail },
  ...{ at: null, durationMs: null },
})

/** How a console's process fares when whoever started it is gone. */

/**
 * A reader of our output that went away must not take the console with it, nor keep it busy: an error of the output that nobody handles is
 * reported on that same output, for ever.
 */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

/** Whether the process that started this one has ended since; such a console would hold the port against the next one. */
export function startedBy(parent: number = process.ppid): { isGone(): boolean } {
  return { isGone: () => process.ppid !== parent }
}

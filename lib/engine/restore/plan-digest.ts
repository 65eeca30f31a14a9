/** What a plan is known by: its request, what it would replace, and all that it does. */
import { createHash, type Hash } from 'node:crypto'
import { joinRaw } from '../raw-path.ts'
import type { ChosenPaths } from './chosen-paths.ts'
import type { Destinations } from './destinations.ts'
import type { ConflictMode, PlannedLine, RestoreInput } from './restore-types.ts'

/**
 * Adds one line to the digest that is reviewed: only what would be replaced or moved away, and what is there now. What only comes back loses
 * nothing, and what the orchestrator does beside the restore decides nothing.
 */
export function digestLoss(hash: Hash, line: PlannedLine, base: string): void {
  if (line.action === 'overwrite' || line.action === 'quarantine') digestLine(hash, line, base)
}

/** Adds one line to a digest of all that is done: two looks with the same digest plan the same steps. A folder's own attributes are left out, since they change whenever something is written beside. */
export function digestChange(hash: Hash, line: PlannedLine, base: string): void {
  if (isChange(line) && !(line.entry?.type === 'dir' && line.action === 'attributes')) digestLine(hash, line, base)
}

function digestLine(hash: Hash, line: PlannedLine, base: string): void {
  const { action, entry, live, path } = line
  const archived = entry ? `${entry.type} ${entry.sizeBytes} ${entry.mtimeNs} ${entry.mode} ${entry.sha256 ?? entry.linkTarget}` : '-'
  const now = live !== null && live.type !== 'dir' ? `${live.type} ${live.ino} ${live.sizeBytes} ${live.mtimeNs}` : '-'
  hash.update(`${action}\t${path}\t${joinRaw(base, line.rel)}\t${archived}\t${now}\n`)
}

/** What a plan is for: which archive, which paths, where to, and how; a plan of something else never has the same digest. */
export function digestRequest(
  hash: Hash,
  input: RestoreInput,
  conflict: ConflictMode,
  chosen: ChosenPaths,
  destinations: Destinations,
): void {
  const places = destinations.items.map(({ archiveName, base, prefix }) => [archiveName, base, prefix])
  const bases = destinations.bases.map(({ path }) => path)
  const asked = [input.manifest.id, input.target === null ? 'in place' : 'elsewhere', conflict, input.exact === true]
  hash.update(`${JSON.stringify([asked, chosen.paths, bases, places])}\n`)
}

/** The digest of a plan whose restore stops the orchestrator: what is lost counts, not when it was written. */
export const digestOfStake = (request: Hash, stake: string) =>
  createHash('sha256').update(request.copy().digest()).update(stake).digest('hex')

/** Whether the line writes or moves anything. */
export function isChange(line: PlannedLine): boolean {
  return line.action === 'create' || line.action === 'overwrite' || line.action === 'attributes' || line.action === 'quarantine'
}

import { createHash } from 'node:crypto'

/**
 * How long after they are due the runs of a workspace start: spread over `jitterMinutes` by the workspace's id, and always the same for one
 * workspace, so that the next run can be told and two runs keep their distance.
 */
export function jitterMs(workspaceId: string, jitterMinutes: number): number {
  const share = createHash('sha256').update(workspaceId).digest().readUInt32BE(0) / 2 ** 32
  return Math.floor(share * jitterMinutes * 60) * 1000
}

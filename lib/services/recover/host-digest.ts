import { createHash } from 'node:crypto'
import type { HostPlan } from '#lib/contracts/host.ts'

type Agreed = Pick<HostPlan, 'workspaceId' | 'archiveId' | 'root' | 'configPath' | 'isRewriting' | 'rewrites' | 'maps'> & {
  items: readonly Pick<HostPlan['items'][number], 'key' | 'path' | 'isLeftOut'>[]
}

/** What somebody agrees to with a plan: which archive, where everything goes, what is left out. Free space and age are none of it. */
export function digestOfHostPlan({ items, ...plan }: Agreed): string {
  const { workspaceId, archiveId, root, configPath, isRewriting, rewrites, maps } = plan
  const places = items.map(({ key, path, isLeftOut }) => ({ key, path, isLeftOut }))
  return sha256(JSON.stringify({ workspaceId, archiveId, root, configPath, isRewriting, rewrites, maps, places }))
}

/** One digest over the plans of several workspaces, in whatever order they are. */
export const digestOfDigests = (digests: readonly string[]): string => sha256(digests.toSorted().join('\n'))

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

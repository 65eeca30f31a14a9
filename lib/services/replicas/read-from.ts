import type { ServiceContext } from '../context.ts'
import { attachPlace } from '../repository/attached-places.ts'
import { requireReplica } from './find-replica.ts'
import { secretsOf } from './open-place.ts'

/** A context in which archives are read from a replica, as far as they are needed, and not from the repository of this host. */
export async function readFromReplica(ctx: ServiceContext, replica: string): Promise<ServiceContext> {
  const record = requireReplica(ctx, replica)
  const readFrom = await attachPlace(ctx, record.target, secretsOf(ctx, record))
  // Its getters stay what they are.
  return Object.create(ctx, { readFrom: { value: readFrom, enumerable: true } }) as ServiceContext
}

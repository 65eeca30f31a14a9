/**
 * Replicas when another repository takes the place of the one that they copy. What lies at their places stays as it is: a replica goes on at a place of its own
 * beside the old one, where that was tried and holds nothing else; any other says at once what it needs, and fails until it has it.
 */
import { listReplicas, putReplica, type ReplicaRecord, startReplicaAnew } from '#db/console/tables/replicas.ts'
import type { RepositoryId, WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { MovedReplica } from '#lib/contracts/migration.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { record } from '../audit/record.ts'
import type { ServiceContext } from '../context.ts'
import { placeText, secretsOf } from './open-place.ts'
import { placeBeside } from './place-beside.ts'
import { tryPlace, whatIsThere } from './test-place.ts'

/** What becomes of a replica; `target` null = it needs another place, `why` says so. */
export interface ReplicaMove {
  replica: ReplicaRecord
  target: ReplicaTarget | null
  why: string
}

interface Repositories {
  from: RepositoryId
  to: RepositoryId
}

/** Finds and tries the places at which replicas go on. Nothing is sent but the small object of a test; `isLeft`: they are all left where they are. */
export async function planMoves(
  ctx: ServiceContext,
  workspaces: ReadonlySet<WorkspaceId>,
  ids: Repositories,
  isLeft: boolean,
): Promise<ReplicaMove[]> {
  const replicas = listReplicas(ctx.consoleDb, null).filter(({ workspaceId }) => workspaces.has(workspaceId))
  return await Promise.all(replicas.map((replica) => planMove(ctx, replica, ids, isLeft)))
}

async function planMove(ctx: ServiceContext, replica: ReplicaRecord, { from, to }: Repositories, isLeft: boolean): Promise<ReplicaMove> {
  const stays = (why: string): ReplicaMove => ({ replica, target: null, why })
  if (isLeft) return stays('It was to stay where it is.')
  const target = placeBeside(replica.target, from, to)
  if (target === null) return stays('Nothing beside its place is surely apart from it.')
  try {
    const secrets = secretsOf(ctx, replica)
    // Not even the object of a test is written where somebody else's repository lies.
    if ((await whatIsThere(target, secrets, to).catch(() => null)) === 'another')
      return stays(`${placeText(target)} holds another repository.`)
    const { report, holds } = await tryPlace(target, secrets, to)
    const failed = report.steps.find(({ error }) => error !== null)?.error
    if (!report.isUsable) return stays(failed?.message ?? `${placeText(target)} cannot be used.`)
    if (holds !== 'nothing' && holds !== 'this-repository') return stays(`It cannot be told what ${placeText(target)} holds.`)
    return { replica, target, why: '' }
  } catch (error) {
    return stays(error instanceof Error ? error.message : String(error))
  }
}

/** Does it, within the transaction of the change-over; gives what became of each. */
export function moveReplicas(ctx: ServiceContext, moves: readonly ReplicaMove[], at: string): MovedReplica[] {
  return moves.map(({ replica, target, why }) => {
    const { id, name, workspaceId } = replica
    const from = placeText(replica.target)
    const to = target && placeText(target)
    if (target) putReplica(ctx.consoleDb, { ...replica, target }, at)
    startReplicaAnew(
      ctx.consoleDb,
      id,
      target
        ? {}
        : {
            failures: 1,
            lastError: { code: 'replica_refused', message: `${from} holds copies of the old repository. ${why}`, hint: HINT },
          },
    )
    record(ctx, 'replica.move-on', { kind: 'replica', id, workspaceId }, { name, from, to, why })
    return { name, from, to, why: target ? null : why }
  })
}

const HINT = 'Give it another folder or prefix, where the new repository is copied. What lies at the old place stays there.'

/** What people have to do about those that do not go on. */
export const findingsOf = (moved: readonly MovedReplica[]): Finding[] =>
  moved
    .filter(({ to }) => to === null)
    .map(({ name, from, why }) => ({
      ...{ severity: 'warning', code: 'replica_of_replaced', path: name },
      message: `The replica ${name} copies nothing until it has another place: ${from} holds copies of the old repository. ${why} ${HINT}`,
    }))

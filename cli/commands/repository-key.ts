import { AppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { addKey } from '#lib/services/repository/add-key.ts'
import { changePassphrase } from '#lib/services/repository/change-passphrase.ts'
import { defaultRepository, requireKnownRepository } from '#lib/services/repository/known-repositories.ts'
import { listKeys } from '#lib/services/repository/list-keys.ts'
import { renameKey } from '#lib/services/repository/rename-key.ts'
import { revokeKey } from '#lib/services/repository/revoke-key.ts'
import { newPassphraseOf, passphraseOf } from '../ask-secret.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'
import { table } from '../table.ts'

const placeOf = (ctx: ServiceContext, { repository }: Record<string, unknown>): string =>
  typeof repository === 'string' ? requireKnownRepository(ctx, repository) : defaultRepository(ctx)

/** `repository key list` */
export async function list({ ctx, out }: Run, _args: string[], options: Record<string, unknown>): Promise<void> {
  const keys = await listKeys(ctx, placeOf(ctx, options))
  if (out.isJson) return out.document(keys)
  if (!keys.isEncrypted) return out.line(`The repository at ${keys.repositoryPath} is not encrypted.`)
  const rows = keys.slots.map(({ id, kind, label, createdAt, isOfThisHost }) => [
    id,
    kind,
    createdAt.slice(0, 10),
    isOfThisHost ? `${label} (this host)` : label,
  ])
  for (const row of table([['SLOT', 'KIND', 'SINCE', 'LABEL'], ...rows])) out.line(row)
}

/** `repository key add` */
export async function add(run: Run, _args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out } = run
  const isRecovery = options.recovery === true
  const passphrase = isRecovery ? null : await newPassphraseOf(run, options.passphraseFile, 'New passphrase')
  if (!isRecovery && passphrase === null) {
    throw new AppError('usage', {
      message: 'Give a passphrase with --passphrase-file (- = standard input), or --recovery for a new key to print.',
    })
  }
  const label = typeof options.label === 'string' ? options.label : isRecovery ? 'recovery key' : `passphrase of ${ctx.actor.name}`
  const added = await addKey(ctx, placeOf(ctx, options), { label, passphrase })
  if (out.isJson) return out.document({ type: 'result', ...added })
  out.said(`Added ${added.slotId} (${added.label}).`)
  if (added.recoveryKey !== null) showRecoveryKey(out, added.recoveryKey)
}

/** The recovery key and what to do with it. */
export function showRecoveryKey(out: Output, recoveryKey: string): void {
  out.line('')
  out.line(recoveryKey)
  out.line('')
  out.line(
    'This is the recovery key. It is shown once and kept nowhere: print it, or write it down, and keep it apart from this host and from the store.',
  )
  out.line('Without it, without a passphrase and without this host, nobody can read the archives again.')
}

/** Tells of a recovery key that came up on the way, if one did: as an event of its own, or to people. */
export function tellRecoveryKey(out: Output, recoveryKey: string | null): void {
  if (recoveryKey === null) return
  if (out.isJson) out.event({ type: 'recovery-key', recoveryKey })
  else showRecoveryKey(out, recoveryKey)
}

/** `repository key revoke SLOT` */
export async function revoke({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  await revokeKey(ctx, placeOf(ctx, options), args[0]!)
  if (out.isJson) return out.document({ type: 'result', slotId: args[0] })
  out.said(`${args[0]} opens nothing any more.`)
  out.said(
    'Who has opened the repository with it may have kept the master key. If that matters, give the archives other keys: `orchive repository migrate DIR`.',
  )
}

/** `repository key rename SLOT LABEL` */
export async function rename({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const renamed = await renameKey(ctx, placeOf(ctx, options), args[0]!, args[1]!)
  if (out.isJson) return out.document({ type: 'result', ...renamed })
  out.said(`It is ${renamed.slotId} now, and called ${args[1]}.`)
}

/** `repository key change-passphrase` */
export async function change(run: Run, _args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out } = run
  const old = await passphraseOf(run, options.oldPassphraseFile, 'Old passphrase')
  const passphrase = old === null ? null : await newPassphraseOf(run, options.passphraseFile, 'New passphrase')
  if (old === null || passphrase === null) {
    throw new AppError('usage', { message: 'Give both with --old-passphrase-file and --passphrase-file.' })
  }
  const changed = await changePassphrase(ctx, placeOf(ctx, options), { old, passphrase })
  if (out.isJson) return out.document({ type: 'result', ...changed })
  out.said(`The passphrase is changed (${changed.slotId}).`)
}

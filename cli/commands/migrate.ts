import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import type { MigrationReport } from '#lib/contracts/migration.ts'
import { isRepository, migrationSource } from '#lib/services/repository/known-repositories.ts'
import { migrateRepository } from '#lib/services/repository/migrate-repository.ts'
import { prepareTarget } from '#lib/services/repository/migration-target.ts'
import { withRepository } from '#lib/services/repository/open-repository.ts'
import { newPassphraseOf } from '../ask-secret.ts'
import { EXIT } from '../exit-codes.ts'
import { jobIdOf, waitMsOf } from '../options.ts'
import type { Output } from '../output.ts'
import type { Run } from '../program.ts'
import { tellRecoveryKey } from './repository-key.ts'

/** `repository migrate DIR [--encrypt | --plain] [--repository DIR] [--leave-out ARCHIVE]… [--switch]` */
export async function migrate(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out, signal, command } = run
  const to = resolve(args[0]!)
  const from = migrationSource(ctx, options.repository === undefined ? null : resolve(String(options.repository)), to)
  const recoveryKey = await prepare(run, from, to, options)
  const { result, outcome, findings } = await migrateRepository(ctx, {
    ...{ from, to, command, signal, onEvent: out.event },
    ...{
      leaveOut: options.leaveOut as string[],
      isSwitch: options.switch === true,
      areReplicasLeft: options.leaveReplicas === true,
      waitMs: waitMsOf(options),
      jobId: jobIdOf(options),
    },
  })
  out.event({ type: 'result', ...result, recoveryKey })
  print(out, result)
  for (const { severity, message } of findings) out.warn(severity === 'info' ? 'note' : 'warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

/** Makes the new repository where an earlier run did not. Its recovery key is shown at once: what comes may take long, and be interrupted. */
async function prepare(run: Run, from: string, to: string, options: Record<string, unknown>): Promise<string | null> {
  const { ctx, out } = run
  if (options.encrypt === true && options.plain === true) throw new AppError('usage', { message: '--encrypt and --plain are opposites.' })
  return await withRepository(ctx, from, async (source) => {
    const isSealed = options.plain !== true && (options.encrypt === true || source.master !== null)
    if (!isSealed && source.master === null && !isRepository(to)) {
      throw new AppError('usage', {
        message: 'The repository is not encrypted, and the new one would not be either.',
        hint: 'Say --encrypt. To only move a repository, copy its folder and attach that.',
      })
    }
    const mayAsk = isSealed && !isRepository(to)
    const passphrase =
      mayAsk || options.passphraseFile !== undefined
        ? await newPassphraseOf(run, options.passphraseFile, 'Passphrase of the new repository (Enter alone = only a recovery key)')
        : null
    const { recoveryKey, isNew } = await prepareTarget(ctx, source, to, isSealed ? { passphrase } : null)
    if (!isNew) out.warn('note', `Goes on with what is in ${to} already.`)
    tellRecoveryKey(out, recoveryKey)
    return recoveryKey
  })
}

function print(out: Output, report: MigrationReport): void {
  const { archives, written, to, from, workspaces, isSwitched, durationMs } = report
  const many = archives === 1 ? '1 archive' : `${archives} archives`
  out.said(
    `${many} in ${to}, ${written.length} of them by this run; ${formatBytes(report.writtenBytes)} written and read back; ${formatDuration(durationMs)}`,
  )
  if (!isSwitched) {
    out.said(`${from} is still in use. Run it again with --switch to take along what came since and let the new one take over.`)
    return
  }
  out.said(`The new repository is in use now${workspaces.length > 0 ? ` by ${workspaces.join(', ')}` : ''}.`)
  for (const replica of report.replicas)
    if (replica.to !== null)
      out.said(`The replica ${replica.name} goes on at ${replica.to}; what lies at ${replica.from} stays there until you delete it.`)
  out.said(`${from} is kept as it was, and nothing is written there any more. Delete it once nobody needs it.`)
}

import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { copyConsole } from '#lib/services/home/console-copies.ts'
import { restoreConsole } from '#lib/services/home/restore-console.ts'
import { attachPlace } from '#lib/services/repository/attached-places.ts'
import { unlockRepository } from '#lib/services/repository/unlock-repository.ts'
import { givenSecret } from '../ask-secret.ts'
import { EXIT } from '../exit-codes.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { secretsOf, targetOf } from './replica-options.ts'

/** `home copy` */
export async function copy({ ctx, out }: Run): Promise<number> {
  const copies = await copyConsole(ctx)
  if (out.isJson) out.document(copies)
  else if (copies.length === 0) out.line('There is no repository yet to copy it to.')
  else
    for (const { repository, name, bytes, problem } of copies) {
      if (problem === null) out.line(`${repository}: ${name}, ${formatBytes(bytes)}`)
      else out.warn('warning', `${repository}: ${problem}`)
    }
  return copies.every(({ problem }) => problem === null) ? EXIT.ok : EXIT.failed
}

/** `home restore (--repository DIR | --s3 …) [--force]` */
export async function restore({ ctx, out }: Run, _args: string[], options: Record<string, unknown>): Promise<void> {
  const target = targetOf(options)
  if ((target === null) === (options.repository === undefined)) {
    throw new AppError('usage', {
      message: 'Say where the copy lies, once.',
      hint: 'Give --repository DIR, or a place: --folder, --s3 or --sftp.',
    })
  }
  const secrets = (secretsOf(options) ?? { kind: 'none' }) as StorageSecrets
  const repositoryPath = target === null ? resolve(String(options.repository)) : await attachPlace(ctx, target, secrets)
  const secret = givenSecret(options)
  if (secret) await unlockRepository(ctx, repositoryPath, secret)
  const restored = await restoreConsole(ctx, { repositoryPath, force: options.force === true })
  if (out.isJson) return out.document({ type: 'result', ...restored })
  const { at, people, workspaces, twoStepEnded, movedTo } = restored
  out.line(`The console's database of ${shortTime(at)} is back: ${people} people, ${workspaces} workspaces. Everybody signs in again.`)
  if (twoStepEnded > 0)
    out.line(`${twoStepEnded} people have to set two-step sign-in up again: its secrets were sealed with a key of the lost host.`)
  out.line('Secrets of notification channels and of replicas have to be entered again, for the same reason.')
  if (movedTo) out.line(`What was there lies at ${movedTo}.`)
}

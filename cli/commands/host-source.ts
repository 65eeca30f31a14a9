import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { OwnRepository, Room } from '#lib/contracts/host.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import type { HostSourceInput } from '#lib/services/recover/host-source.ts'
import { givenSecret } from '../ask-secret.ts'
import { secretsOf, targetOf } from './replica-options.ts'

/** Where a lost host comes back from, as options say it; throws `usage` where they name two places. */
export function hostSourceOf(options: Record<string, unknown>): Pick<HostSourceInput, 'repositoryPath' | 'place' | 'secret'> {
  const target = targetOf(options)
  if (target !== null && (options.repository !== undefined || options.fromTar !== undefined))
    throw new AppError('usage', { message: 'Name one place to bring it back from, not two.', hint: 'Nothing was read.' })
  return {
    repositoryPath: options.repository === undefined ? null : resolve(String(options.repository)),
    place: target === null ? null : { target, secrets: (secretsOf(options) ?? { kind: 'none' }) as StorageSecrets },
    secret: givenSecret(options),
  }
}

/** What is written to each disk, and whether it fits, a line each. */
export const roomLines = (volumes: readonly Room[]): { text: string; isTight: boolean }[] =>
  volumes.map(({ path, neededBytes, freeBytes }) => {
    const isTight = neededBytes > freeBytes
    const text = `${formatBytes(neededBytes)} to write on ${path}, ${formatBytes(freeBytes)} free`
    return { text: isTight ? `${text}: not all of it fits` : text, isTight }
  })

/** Where backups go from now on, in a line. */
export const backupsText = ({ path, isNew, isEncrypted, isLess }: OwnRepository) =>
  `backups go to ${path}, ${isNew ? 'made now, ' : ''}${isEncrypted ? 'encrypted' : 'not encrypted'}${isLess ? ' though the copy is: see orchive repository migrate --encrypt' : ''}`

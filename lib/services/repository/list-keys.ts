import { existsSync, readFileSync } from 'node:fs'
import type { RepositoryKeys } from '#lib/contracts/repository-keys.ts'
import { openKeySlots, readKeySlots } from '#lib/engine/repository/key-slots.ts'
import { parseKey } from '#lib/engine/repository/key-text.ts'
import { parseHead, readHead } from '#lib/engine/repository/repository-head.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { openRepositoryStorage } from './attached-places.ts'
import { hostKeyPath } from './host-keys.ts'

/** Who can open a repository: its key slots, and which of them is this host's. Needs no key. */
export async function listKeys(ctx: ServiceContext, path: string): Promise<RepositoryKeys> {
  requireRight(ctx, 'settings')
  const storage = await openRepositoryStorage(path)
  try {
    const { id, objectCodec } = parseHead(path, await readHead(storage))
    const slots = await readKeySlots(storage)
    const keyFile = hostKeyPath(ctx, id)
    const own = existsSync(keyFile) ? await openKeySlots(slots, id, { kind: 'key', key: parseKey(readFileSync(keyFile, 'utf8')) }) : null
    return {
      repositoryId: id,
      repositoryPath: path,
      isEncrypted: objectCodec === 'sealed',
      keyFile: own ? keyFile : null,
      slots: slots.map(({ id: slot, kind, label, createdAt }) => ({
        id: slot,
        kind,
        label,
        createdAt,
        isOfThisHost: slot === own?.slot.id,
      })),
    }
  } finally {
    storage.close()
  }
}

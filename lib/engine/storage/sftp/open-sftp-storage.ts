import type { Patience } from '../patience.ts'
import type { Storage } from '../storage.ts'
import type { SftpTarget } from '../storage-target.ts'
import { SftpConnection, type SftpSecrets } from './sftp-connection.ts'
import { SftpStorage } from './sftp-storage.ts'

/** Connects to a host and opens (and with `create` makes) a folder there. Throws `host_key_unconfirmed` with the fingerprint on first contact. */
export async function openSftpStorage(
  target: SftpTarget,
  secrets: SftpSecrets,
  patience: Patience,
  { create = false }: { create?: boolean },
): Promise<Storage> {
  const connection = new SftpConnection(target, secrets, patience)
  const storage = new SftpStorage(connection)
  try {
    await storage.start(create)
    return storage
  } catch (error) {
    connection.close()
    throw error
  }
}

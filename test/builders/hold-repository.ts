import { openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'

/** Takes the writer's lease of the repository in this folder, so that whatever writes has to wait until it is let go. */
export async function holdRepository(path: string): Promise<{ release(): Promise<void> }> {
  const repository = await openRepository(openLocalStorage(path))
  const lease = await repository.lock({ purpose: 'a test', since: 'now', monotonicMs: () => performance.now() })
  return {
    release: async () => {
      await lease.release()
      repository.close()
    },
  }
}

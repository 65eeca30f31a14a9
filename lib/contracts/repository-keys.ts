import { z } from 'zod'

/** A way to open an encrypted repository. */
export const KeySlotView = z.object({
  id: z.string(),
  kind: z.enum(['passphrase', 'key']),
  label: z.string(),
  createdAt: z.string(),
  isOfThisHost: z.boolean(),
})
export type KeySlotView = z.infer<typeof KeySlotView>

/** Whether a repository is encrypted, and who can open it. */
export const RepositoryKeys = z.object({
  repositoryId: z.string(),
  repositoryPath: z.string(),
  isEncrypted: z.boolean(),
  /** Where this host keeps its own key; null = it has none. */
  keyFile: z.string().nullable(),
  slots: z.array(KeySlotView),
})
export type RepositoryKeys = z.infer<typeof RepositoryKeys>

/** A slot that was added. */
export const AddedKey = z.object({
  slotId: z.string(),
  kind: z.enum(['passphrase', 'key']),
  label: z.string(),
  /** Shown once; null for a passphrase, which its owner knows. */
  recoveryKey: z.string().nullable(),
})
export type AddedKey = z.infer<typeof AddedKey>

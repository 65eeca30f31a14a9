import { z } from 'zod'
import { ArchiveIdSchema, WorkspaceIdSchema } from './common.ts'
import { ReplacedRepositorySchema } from './migration.ts'

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

/** Where a folder stands that archives are meant to lie in. */
export const RepositoryState = z.enum(['open', 'locked', 'none', 'unreadable'])

/** A repository that this home knows, with who can open it. */
export const RepositoryView = z.object({
  path: z.string(),
  /** Null where none is there, or it cannot be read. */
  id: z.string().nullable(),
  /** `locked`: it is encrypted and this host has no key; `none`: it is made with the first workspace. */
  state: RepositoryState,
  /** What is wrong, in words; null for nothing. */
  problem: z.string().nullable(),
  isEncrypted: z.boolean(),
  /** New workspaces go here. */
  isDefault: z.boolean(),
  /** Names of the workspaces that write into it. */
  workspaces: z.array(z.string()),
  /** Replicas of those, with their places. */
  replicas: z.array(z.object({ name: z.string(), place: z.string() })),
  keyFile: z.string().nullable(),
  slots: z.array(KeySlotView),
})
export type RepositoryView = z.infer<typeof RepositoryView>

/** A place somewhere else that this home reads, or that somebody looked at: what opens it is kept here, sealed. */
export const AttachedPlaceSchema = z.object({
  id: z.string(),
  /** In a line. */
  place: z.string(),
  repositoryId: z.string().nullable(),
  /** Nothing was brought back from it so far, and its archives are not in the catalog. */
  isLookedAt: z.boolean(),
  /** Whose archives the catalog has from there, and how many. */
  workspaces: z.array(z.object({ id: WorkspaceIdSchema, workspace: z.string(), archives: z.number().int() })),
})
export type AttachedPlace = z.infer<typeof AttachedPlaceSchema>

/** What this home calls a place somewhere else. */
export const PlaceIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'is what looking at the place gave')

/** Names a place by its id. */
export const DetachPlaceInput = z.object({ place: PlaceIdSchema })

export const RepositoriesSchema = z.object({
  repositories: z.array(RepositoryView),
  /** Those that were replaced, and are only kept. */
  replaced: z.array(ReplacedRepositorySchema),
  /** Places somewhere else that are only read. */
  places: z.array(AttachedPlaceSchema),
})
export type Repositories = z.infer<typeof RepositoriesSchema>

const folder = z.string().startsWith('/').max(4096)
const passphrase = z.string().min(12, 'A passphrase has 12 characters or more').max(1024)
const label = z.string().trim().min(1).max(100)
const slot = z.string().regex(/^key_[0-9a-f]{16}$/)

/** `path` left out = where archives go anyway. */
export const InitRepositoryInput = z.object({ path: folder.optional(), isEncrypted: z.boolean(), passphrase: passphrase.optional() })
export const MadeRepositorySchema = z.object({
  id: z.string(),
  path: z.string(),
  isEncrypted: z.boolean(),
  /** Shown once; null where it is not encrypted. */
  recoveryKey: z.string().nullable(),
})
/** Without a passphrase a recovery key is made. */
export const AddRepositoryKeyInput = z.object({ repositoryPath: folder, label, passphrase: passphrase.optional() })
export const RepositorySlotInput = z.object({ repositoryPath: folder, slot })
export const RenameRepositoryKeyInput = RepositorySlotInput.extend({ label })
export const ChangePassphraseInput = z.object({ repositoryPath: folder, old: z.string().min(1).max(1024), passphrase })
/** A passphrase, or a recovery key as it was printed, or as a key file has it. */
export const TypedSecret = z.object({ passphrase: z.string().min(1).max(1024).optional(), key: z.string().min(1).max(500).optional() })
export type TypedSecret = z.infer<typeof TypedSecret>
export const UnlockRepositoryInput = TypedSecret.extend({ repositoryPath: folder })
/** `passphrase` counts only when the new repository is made by this. */
export const StartMigrationInput = z.object({
  repositoryPath: folder,
  to: folder,
  isEncrypted: z.boolean(),
  passphrase: passphrase.optional(),
  isSwitch: z.boolean(),
  /** Replicas do not go on at a place beside their old one. */
  areReplicasLeft: z.boolean().default(false),
  /** Archives that cannot be read whole and are given up. */
  leaveOut: z.array(ArchiveIdSchema).max(1000).default([]),
})

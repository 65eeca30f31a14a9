import { z } from 'zod'
import { ArchiveIdSchema, Bytes, FindingSchema, ImportanceSchema, IsoTime } from './common.ts'

/** One side of a comparison; `live` is the workspace as it is now. */
export const SideIdSchema = z.union([ArchiveIdSchema, z.literal('live')])
export type SideId = z.infer<typeof SideIdSchema>

export const ComparedSideSchema = z.object({
  id: SideIdSchema,
  /** When it was taken, or read. */
  at: IsoTime,
  files: z.number().int().nullable(),
  contentBytes: Bytes.nullable(),
})

const EntryVersionSchema = z.object({
  type: z.enum(['file', 'dir', 'symlink', 'hardlink']),
  sizeBytes: Bytes,
  mtime: z.string(),
  mode: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  sha256: z.string().nullable(),
  linkTarget: z.string().nullable(),
})

export const EntryChangeSchema = z.object({
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  itemKey: z.string().nullable(),
  before: EntryVersionSchema.nullable(),
  after: EntryVersionSchema.nullable(),
  parts: z.array(z.enum(['type', 'content', 'link', 'mode', 'owner', 'time'])),
})
export type EntryChange = z.infer<typeof EntryChangeSchema>

const counts = {
  /** Entries but folders. */
  added: z.number().int(),
  removed: z.number().int(),
  changed: z.number().int(),
  addedBytes: Bytes,
  removedBytes: Bytes,
  /** Size after less size before of what changed. */
  grownBytes: Bytes,
}
export const ItemTallySchema = z.object({ key: z.string(), label: z.string(), importance: ImportanceSchema, ...counts })

/** How B differs from A. */
export const ComparisonSchema = z.object({
  a: ComparedSideSchema,
  b: ComparedSideSchema,
  summary: z.object({ ...counts, sameFiles: z.number().int().nullable() }),
  items: z.array(ItemTallySchema),
  added: z.array(EntryChangeSchema),
  removed: z.array(EntryChangeSchema),
  changed: z.array(EntryChangeSchema),
  /** Changes that are counted but not listed, since there are more than were asked for. */
  unlisted: z.number().int(),
  /** What could not be looked at. */
  findings: z.array(FindingSchema),
  durationMs: z.number(),
})
export type Comparison = z.infer<typeof ComparisonSchema>

/** Absent members stand for "not there". */
const FieldChangeSchema = z.object({ path: z.string(), before: z.json().optional(), after: z.json().optional() })
export type FieldChange = z.infer<typeof FieldChangeSchema>
const RecordChangeSchema = z.object({
  id: z.string(),
  title: z.string().nullable(),
  at: z.string().nullable(),
  before: z.json(),
  after: z.json(),
  fields: z.array(FieldChangeSchema),
})
export type RecordChange = z.infer<typeof RecordChangeSchema>
const ListDiffSchema = z.object({
  key: z.string(),
  identity: z.string().nullable(),
  lengthBefore: z.number().int(),
  lengthAfter: z.number().int(),
  addedCount: z.number().int(),
  lostCount: z.number().int(),
  changedCount: z.number().int(),
  olderThanCap: z.number().int(),
  /** The first of each; the counts say how many there are. */
  added: z.array(RecordChangeSchema),
  lost: z.array(RecordChangeSchema),
  changed: z.array(RecordChangeSchema),
})
export type ListDiff = z.infer<typeof ListDiffSchema>

/** A file of both sides in the words of its data; secrets masked. */
export const RecordDiffSchema = z.object({
  path: z.string(),
  /** `text` when a side is no JSON or too large; `reason` says which. */
  kind: z.enum(['records', 'text']),
  reason: z.string().nullable(),
  values: z.array(FieldChangeSchema),
  lists: z.array(ListDiffSchema),
  sameLists: z.array(z.string()),
  maskedSecrets: z.number().int(),
})
export type RecordDiff = z.infer<typeof RecordDiffSchema>

const TextSideSchema = z.object({
  /** Null when the side has no such file. */
  text: z.string().nullable(),
  isBinary: z.boolean(),
  sizeBytes: Bytes.nullable(),
  nextOffsetBytes: Bytes.nullable(),
})
/** A window of a file on both sides, for a text diff; secrets masked. */
export const TextDiffSchema = z.object({ path: z.string(), a: TextSideSchema, b: TextSideSchema, maskedSecrets: z.number().int() })
export type TextDiff = z.infer<typeof TextDiffSchema>

const BreakStepSchema = z.object({
  archiveId: ArchiveIdSchema,
  createdAt: IsoTime,
  verdict: z.enum(['good', 'bad', 'unknown']),
  /** What was found, in a few words. */
  why: z.string(),
  /** Archives that may still be the first bad one. */
  left: z.number().int(),
})
export type BreakStep = z.infer<typeof BreakStepSchema>
const BreakEndSchema = z.object({ archiveId: ArchiveIdSchema, createdAt: IsoTime })
/** When something broke. */
export const BreakSchema = z.object({
  path: z.string(),
  /** What was asked of each archive. */
  condition: z.string(),
  /** Null when even the oldest archive is bad. */
  lastGood: BreakEndSchema.nullable(),
  /** Null when nothing is broken. */
  firstBad: BreakEndSchema.nullable(),
  steps: z.array(BreakStepSchema),
})
export type Break = z.infer<typeof BreakSchema>

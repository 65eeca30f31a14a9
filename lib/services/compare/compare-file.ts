import { AppError } from '#lib/base/errors.ts'
import { parseJsonText } from '#lib/base/json-text.ts'
import { lineAndColumn, scanJson } from '#lib/base/scan-json.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { FieldChange, ListDiff, RecordChange, RecordDiff, SideId, TextDiff } from '#lib/contracts/compare.ts'
import * as engine from '#lib/engine/compare/json/json-diff.ts'
import type { Json } from '#lib/engine/compare/json/json-value.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { maskJson, maskSecrets } from '../content/mask-secrets.ts'
import { textWindow, WINDOW_BYTES } from '../content/text-window.ts'
import type { ServiceContext } from '../context.ts'
import { type Side, withSides } from './open-sides.ts'
import { type Content, contentOf } from './side-content.ts'

/** JSON files up to this size are compared by records. */
export const RECORDS_BYTES = 256 * 1024 * 1024

export interface CompareFileInput {
  a: SideId
  b: SideId
  path: string
}

/** A JSON file of both sides in the words of its data: members by key, records by id. For job processes. */
export function compareRecords(ctx: ServiceContext, input: CompareFileInput & { limit: number }): Promise<RecordDiff> {
  return withFile(ctx, input, async (a, b) => {
    const sides = await Promise.all([a, b].map((side) => contentOf(side, input.path, 0, RECORDS_BYTES)))
    requireSide(sides, input.path)
    const values: Json[] = []
    for (const [i, side] of sides.entries()) {
      const parsed = side === null ? { value: {} } : parse(side, i === 0 ? 'A' : 'B')
      if ('reason' in parsed) return asText(input.path, parsed.reason)
      values.push(parsed.value)
    }
    return recordDiffOf(input.path, values[0]!, values[1]!, input.limit)
  })
}

/** Two JSON values in the words of their data, secrets masked; at most `limit` records of each kind of a list. */
export function recordDiffOf(path: string, before: Json, after: Json, limit: number): RecordDiff {
  const mask = new Mask()
  const diff = engine.diffJson(before, after)
  return {
    path,
    kind: 'records',
    reason: null,
    values: diff.values.map((change) => mask.field(change)),
    lists: diff.lists.map((list) => mask.list(list, limit)),
    sameLists: diff.sameLists,
    maskedSecrets: mask.count,
  }
}

/** A window of a file of both sides as text. For job processes. */
export function compareText(ctx: ServiceContext, input: CompareFileInput & { offset: number }): Promise<TextDiff> {
  return withFile(ctx, input, async (a, b) => {
    const sides = await Promise.all([a, b].map((side) => contentOf(side, input.path, input.offset, WINDOW_BYTES)))
    requireSide(sides, input.path)
    let maskedSecrets = 0
    const [before, after] = sides.map((content): TextDiff['a'] => {
      if (content === null) return { text: null, isBinary: false, sizeBytes: null, nextOffsetBytes: null }
      const { text, nextOffsetBytes } = textWindow(content.bytes, input.offset, content.sizeBytes)
      if (text === null) return { text, isBinary: true, sizeBytes: content.sizeBytes, nextOffsetBytes: null }
      const masked = maskSecrets(text)
      maskedSecrets += masked.masked
      return { text: masked.text, isBinary: false, sizeBytes: content.sizeBytes, nextOffsetBytes }
    })
    return { path: input.path, a: before!, b: after!, maskedSecrets }
  })
}

function withFile<T>(ctx: ServiceContext, input: CompareFileInput, work: (a: Side, b: Side) => Promise<T>): Promise<T> {
  requireRight(ctx, 'view-content')
  return withSides(ctx, input, async (a, b) => {
    const result = await work(a, b)
    const workspaceId = a.kind === 'archive' ? a.manifest.workspaceId : a.workspace.id
    record(ctx, 'content.compare', { kind: 'workspace', id: workspaceId, workspaceId }, { ...input })
    return result
  })
}

function requireSide(sides: readonly (Content | null)[], path: string): void {
  if (sides.some((side) => side !== null)) return
  throw new AppError('path_unknown', { message: `Neither side has a file ${path}.`, hint: 'See what each holds with `orchive ls`.' })
}

function parse({ bytes, sizeBytes }: Content, side: string): { value: Json } | { reason: string } {
  if (sizeBytes > bytes.length) return { reason: `${side} is too large to be compared by records (${formatBytes(sizeBytes)}).` }
  try {
    return { value: parseJsonText(bytes.toString('utf8')) as Json }
  } catch {
    const error = scanJson(bytes).error
    const at = error ? lineAndColumn(bytes, error.offset) : null
    return { reason: `${side} is not valid JSON${at ? ` at line ${at.line}, column ${at.column}` : ''}.` }
  }
}

const asText = (path: string, reason: string): RecordDiff => ({
  path,
  kind: 'text',
  reason,
  values: [],
  lists: [],
  sameLists: [],
  maskedSecrets: 0,
})

/** Puts masks over secrets, and counts them. */
class Mask {
  count = 0

  field({ path, before, after }: engine.FieldChange): FieldChange {
    const name = path.split('.').at(-1) ?? ''
    return {
      path,
      ...(before === undefined ? {} : { before: this.value(before, name) }),
      ...(after === undefined ? {} : { after: this.value(after, name) }),
    }
  }

  list({ key, identity, lengthBefore, lengthAfter, added, lost, changed, olderThanCap }: engine.ListDiff, limit: number): ListDiff {
    const first = (records: engine.RecordChange[]) => records.slice(0, limit).map((change) => this.record(change, key))
    const counts = { addedCount: added.length, lostCount: lost.length, changedCount: changed.length, olderThanCap }
    return { key, identity, lengthBefore, lengthAfter, ...counts, added: first(added), lost: first(lost), changed: first(changed) }
  }

  private record({ id, title, at, before, after, fields }: engine.RecordChange, list: string): RecordChange {
    return {
      id: maskSecrets(id).text,
      title: title === null ? null : maskSecrets(title).text,
      at,
      before: before === null ? null : this.value(before, list),
      after: after === null ? null : this.value(after, list),
      fields: fields.map((field) => this.field(field)),
    }
  }

  private value(value: Json, name: string): Json {
    const { value: masked, masked: count } = maskJson(value, name)
    this.count += count
    return masked as Json
  }
}

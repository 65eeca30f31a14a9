import { createTwoFilesPatch } from 'diff'
import { AppError } from '#lib/base/errors.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { Comparison, EntryChange, SideId } from '#lib/contracts/compare.ts'
import { compareRecords, compareText } from '#lib/services/compare/compare-file.ts'
import { compareSides } from '#lib/services/compare/compare-sides.ts'
import { recordLines } from '../diff-text.ts'
import { namedArchive } from '../named.ts'
import { wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'

type Options = Record<string, unknown>

/** Records of each kind that are shown of one list. */
const RECORDS = 500

/** `diff A [B]` */
export async function diff(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out, signal } = run
  const a = await sideOf(run, args[0]!, options)
  const b = await sideOf(run, args[1] ?? 'live', options)
  if (options.path !== undefined) return diffFile(run, { a, b, path: String(options.path).replace(/^(\.\/)+|\/+$/g, '') }, options)
  if (options.text === true) throw new AppError('usage', { message: '--text is for one file.', hint: 'Name it with --path PATH.' })
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--limit', options.limit)
  const found = await compareSides(ctx, { a, b, limit, signal })
  if (out.isJson) return out.document(found)
  show(run, found)
}

async function sideOf(run: Run, name: string, options: Options): Promise<SideId> {
  return name === 'live' ? 'live' : namedArchive(run, name, options)
}

const SIGNS = { added: '+', changed: '~', removed: '−' } as const

function show({ out }: Run, found: Comparison): void {
  const { color } = out
  const paint = { added: color.green, changed: color.yellow, removed: color.red }
  const changes = [...found.added, ...found.changed, ...found.removed].sort((x, y) => (x.path < y.path ? -1 : 1))
  for (const change of changes) out.line(`${paint[change.kind](SIGNS[change.kind])} ${change.path}${noteOf(change)}`)
  for (const { message } of found.findings) out.warn('warning', message)
  const { added, changed, removed, sameFiles } = found.summary
  if (found.unlisted > 0) out.warn('note', `${formatCount(found.unlisted)} more changes are not listed.`)
  if (added + changed + removed === 0) return out.said(`${found.a.id} and ${found.b.id} are the same: ${plural(sameFiles ?? 0, 'file')}.`)
  const counts = `${formatCount(added)} added, ${formatCount(changed)} changed, ${formatCount(removed)} removed`
  out.said(color.dim(`${counts}, ${formatCount(sameFiles ?? 0)} files are the same.`))
}

function noteOf({ kind, parts, before, after }: EntryChange): string {
  if (kind !== 'changed') return (after ?? before)!.type === 'dir' ? '/' : `  ${formatBytes((after ?? before)!.sizeBytes)}`
  const what = parts.filter((part) => part !== 'time' && part !== 'content')
  const size = parts.includes('content') ? [`${formatBytes(before!.sizeBytes)} → ${formatBytes(after!.sizeBytes)}`] : []
  return `  ${[...size, ...what].join(', ')}`
}

async function diffFile({ ctx, out }: Run, file: { a: SideId; b: SideId; path: string }, options: Options): Promise<void> {
  if (options.text !== true) {
    const limit = options.limit === undefined ? RECORDS : wholeNumber('--limit', options.limit)
    const records = await compareRecords(ctx, { ...file, limit })
    if (out.isJson) return out.document(records)
    if (records.kind === 'records') {
      for (const line of recordLines(records, out.color)) out.line(line)
      return
    }
    if (/\.json$/i.test(file.path)) out.warn('note', `${records.reason} It is compared as text.`)
  }
  const offset = options.offset === undefined ? 0 : wholeNumber('--offset', options.offset)
  const text = await compareText(ctx, { ...file, offset })
  if (out.isJson) return out.document(text)
  const { a, b, path } = text
  if (a.isBinary || b.isBinary) return out.said(`${path} is binary: ${formatBytes(a.sizeBytes ?? 0)} → ${formatBytes(b.sizeBytes ?? 0)}.`)
  const patch = createTwoFilesPatch(`${file.a}/${path}`, `${file.b}/${path}`, a.text ?? '', b.text ?? '')
  for (const line of patch.split('\n').slice(1, -1)) out.line(painted(line, out.color))
  const next = a.nextOffsetBytes ?? b.nextOffsetBytes
  if (next !== null) out.warn('note', `the next window starts at --offset ${next}.`)
}

function painted(line: string, color: Run['out']['color']): string {
  if (line.startsWith('+')) return color.green(line)
  if (line.startsWith('-')) return color.red(line)
  return line.startsWith('@@') ? color.dim(line) : line
}

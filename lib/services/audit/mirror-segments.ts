import { type AuditRecord, hashOfEntry } from '#db/console/tables/audit.ts'
import { AppError } from '#lib/base/errors.ts'
import type { Finding } from '#lib/engine/finding.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'

/** Lines of the log from `from` to `to`, as they lie in one object beside the archives. */
export interface Segment {
  name: string
  from: number
  to: number
  /** The first 16 digits of the hash of its last line. */
  tip: string
}

const NAME = /^system\/audit\/[0-9a-f]{16}\/(\d{12})-(\d{12})-([0-9a-f]{16})\.ndjson$/
const KEYS: readonly (keyof AuditRecord)[] = [
  ...(['seq', 'at', 'actorId', 'actor', 'role', 'via', 'address', 'action', 'objectKind', 'objectId', 'workspaceId'] as const),
  ...(['detail', 'previousHash', 'hash'] as const),
]
const FIELDS: ReadonlySet<string> = new Set(KEYS)
const folderOf = (consoleId: string) => `system/audit/${consoleId}/`
const digits = (seq: number) => String(seq).padStart(12, '0')

/** The segments that a console left in a repository, in the order of their lines. */
export const listSegments = (storage: Storage, consoleId: string): Promise<Segment[]> => segmentsBelow(storage, folderOf(consoleId))

/** Segments of any console that were changed or are not whole, as findings. */
export async function checkSegments(storage: Storage, signal?: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const segment of await segmentsBelow(storage, 'system/audit/')) {
    signal?.throwIfAborted()
    const { name } = segment
    if ((await readSegment(storage, segment).catch(() => null)) !== null) continue
    const message = `${name}, a copy of lines of the audit log, was changed or is not whole. The console that wrote it has them still: orchive audit verify`
    findings.push({ severity: 'warning', code: 'repository_damaged', path: name, message })
  }
  return findings
}

async function segmentsBelow(storage: Storage, folder: string): Promise<Segment[]> {
  const found: Segment[] = []
  for await (const { name } of storage.list(folder)) {
    const [, from, to, tip] = NAME.exec(name) ?? []
    if (tip !== undefined) found.push({ name, from: Number(from), to: Number(to), tip })
  }
  return found.sort((a, b) => a.from - b.from || b.to - a.to)
}

/** Writes lines as one object, durably; one that is there already is the same, since its name says how it ends. */
export async function putSegment(storage: Storage, consoleId: string, lines: readonly AuditRecord[]): Promise<Segment> {
  const [first, last] = [lines[0]!, lines.at(-1)!]
  const tip = last.hash.slice(0, 16)
  const name = `${folderOf(consoleId)}${digits(first.seq)}-${digits(last.seq)}-${tip}.ndjson`
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  await storage.put(name, Buffer.from(text)).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'object_exists')) throw error
  })
  return { name, from: first.seq, to: last.seq, tip }
}

/** The lines of a segment; null when one of them was changed, taken out or put in, or the object is not whole. */
export async function readSegment(storage: Storage, segment: Segment): Promise<AuditRecord[] | null> {
  const text = (await storage.get(segment.name)).toString('utf8')
  const lines: AuditRecord[] = []
  try {
    for (const line of text.split('\n').filter((one) => one !== '')) lines.push(JSON.parse(line) as AuditRecord)
    const fits = lines.every((line, i) => {
      const before = lines[i - 1]
      // A name that is none would be passed over by the hash.
      const isKnown = Object.keys(line).every((name) => FIELDS.has(name))
      return isKnown && line.seq === segment.from + i && line.hash === hashOfEntry(line) && (!before || line.previousHash === before.hash)
    })
    const last = lines.at(-1)
    return fits && last?.seq === segment.to && last.hash.startsWith(segment.tip) ? lines : null
  } catch {
    return null
  }
}

/**
 * What a tar stream held, as a tree that an archive can have: each path once (the last member of a name counts, as it would for tar), folders above what lies
 * in them, and of the names of one file the first in archive order as the file.
 */
import { AppError } from '#lib/base/errors.ts'
import { bytesToText, comparePaths } from '#lib/base/path-text.ts'
import type { Entry, FrameId } from '../entry.ts'
import { topName } from '../repository/section.ts'

/** Linux’s PATH_MAX and NAME_MAX: nothing longer was ever archived, and nothing longer can be put back. */
const MOST_PATH_BYTES = 4096
const MOST_NAME_BYTES = 255

/** The part of an entry that a member gives. */
export type Attributes = Pick<Entry, 'mtimeNs' | 'mode' | 'uid' | 'gid'>

/** A file's content, shared by all its names. */
export interface DraftContent {
  sizeBytes: number
  sha256: string
  /** Bodies. */
  frames: FrameId[]
}

type Draft =
  | { type: 'dir'; attributes: Attributes }
  | { type: 'symlink'; attributes: Attributes; linkTarget: string }
  | { type: 'file'; attributes: Attributes; content: DraftContent }

export class DraftTree {
  /** Names that came more than once. */
  repeated = 0
  private readonly drafts = new Map<string, Draft>()

  add(path: string, draft: Draft): void {
    if (this.drafts.has(path)) this.repeated++
    this.drafts.set(path, draft)
  }

  /** One more name of a file that came before; throws `import_refused` when it did not. */
  link(path: string, attributes: Attributes, target: string): void {
    const file = this.drafts.get(target)
    if (file?.type !== 'file') throw refused(`${path} is a hard link to ${target}, which is no file before it in the stream`)
    this.add(path, { type: 'file', attributes, content: file.content })
  }

  /** Everything in archive order, heads not yet among the frames; throws `import_refused` when something lies below what is no folder. */
  entries(): Entry[] {
    this.addFolders()
    const paths = [...this.drafts.keys()].sort(comparePaths)
    const carriers = new Map<DraftContent, string>()
    return paths.map((path) => entryOf(path, this.drafts.get(path)!, carriers))
  }

  /** What lies at the top, by name. */
  tops(): Map<string, Entry['type']> {
    const tops = new Map<string, Entry['type']>()
    for (const [path, { type }] of this.drafts) tops.set(topName(path), path.includes('/') ? 'dir' : type)
    return tops
  }

  private addFolders(): void {
    for (const [path, { attributes }] of [...this.drafts]) {
      for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        const folder = path.slice(0, slash)
        const above = this.drafts.get(folder)
        if (above && above.type !== 'dir') throw refused(`${path} lies below ${folder}, which is no folder`)
        if (above) break
        this.drafts.set(folder, { type: 'dir', attributes: { ...attributes, mode: 0o755 } })
      }
    }
  }
}

function entryOf(path: string, draft: Draft, carriers: Map<DraftContent, string>): Entry {
  const base = { path, ...draft.attributes, sizeBytes: 0, sha256: null, frames: [], linkTarget: null }
  switch (draft.type) {
    case 'dir':
      return { ...base, type: 'dir' }
    case 'symlink':
      return { ...base, type: 'symlink', linkTarget: draft.linkTarget }
    case 'file': {
      const carrier = carriers.get(draft.content)
      if (carrier !== undefined) return { ...base, type: 'hardlink', linkTarget: carrier }
      carriers.set(draft.content, path)
      return { ...base, type: 'file', ...draft.content }
    }
  }
}

/** A member's name as an archive path; throws `import_refused` for one that could lead out of the folder it is unpacked into, or that no file can have. */
export function archivePathOf(name: Buffer): string {
  expectPossible(name, 'a name')
  const text = bytesToText(name)
  if (
    name
      .toString('latin1')
      .split('/')
      .some(({ length }) => length > MOST_NAME_BYTES)
  )
    throw refused(`${text} has a part longer than ${MOST_NAME_BYTES} bytes`)
  const parts = text
    .replace(/^(?:\.\/+)+/, '')
    .replace(/\/+$/, '')
    .split('/')
  if (text.startsWith('/') || parts.some((part) => part === '..')) throw refused(`${text} leads out of the archive`)
  return parts.filter((part) => part !== '' && part !== '.').join('/')
}

/** Where a symbolic link of this path leads, in text form; throws `import_refused` for what no link can hold. */
export function linkTargetOf(link: Buffer, path: string): string {
  if (link.length === 0) throw refused(`${path} is a symbolic link to nothing`)
  expectPossible(link, `the target of ${path}`)
  return bytesToText(link)
}

function expectPossible(path: Buffer, what: string): void {
  if (path.length > MOST_PATH_BYTES) throw refused(`${what} has ${path.length} bytes, more than any path may have`)
  if (path.includes(0)) throw refused(`${what} holds a zero byte`)
}

export function refused(what: string): AppError {
  return new AppError('import_refused', {
    message: `Nothing was imported: ${what}.`,
    hint: 'A tar file like this was made by mistake or to do harm. Unpack it by hand where nothing can happen, and look.',
  })
}

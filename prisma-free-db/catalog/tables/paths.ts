import { AppError } from '#lib/base/errors.ts'
import { textToBytes } from '#lib/base/path-text.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'
import { bulkInsert } from '../bulk-insert.ts'

/** Folders kept by name while an archive is written; more are looked up again. */
const REMEMBERED_FOLDERS = 200_000

/**
 * Gives every path of a workspace its number, the same one for all series. New ones wait in memory until `flush()`,
 * which has to run in the same transaction as the rows that use them.
 */
export class PathWriter {
  readonly #db: WritableDb
  readonly #workspace: number
  readonly #root: number
  readonly #folders = new Map<string, number>()
  readonly #parents = new Map<number, number>()
  /** Folders from this number on are of this run: nothing was in them before, so there is nothing to look up. */
  readonly #firstNew: number
  #hasForgotten = false
  #waiting: unknown[] = []
  #nextPath: number

  constructor(db: WritableDb, workspace: number, root: number) {
    this.#db = db
    this.#workspace = workspace
    this.#root = root
    this.#firstNew = prepared<[], { next: number }>(db, 'SELECT COALESCE(MAX(path), 0) + 1 AS next FROM paths').get()!.next
    this.#nextPath = this.#firstNew
  }

  /** The number of a path and of its folder, and its raw name. `isFolder` when either side of a change is one. */
  intern(path: string, isFolder: boolean): { path: number; parent: number; name: Uint8Array } {
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? this.#root : this.#folder(path.slice(0, slash))
    const text = slash < 0 ? path : path.slice(slash + 1)
    const name = rawName(text)
    const known = isFolder ? this.#folders.get(path) : undefined
    const isFresh = parent >= this.#firstNew && !this.#hasForgotten
    const id = known ?? this.#child(parent, text, name, isFresh)
    if (isFolder) this.#remember(path, id, parent)
    return { path: id, parent, name }
  }

  /** The folder that a folder lies in; null for the root of the workspace. */
  parentOf(folder: number): number | null {
    if (folder === this.#root) return null
    let parent = this.#parents.get(folder)
    if (parent === undefined) {
      parent = prepared<[number], { parent: number }>(this.#db, 'SELECT parent FROM paths WHERE path = ?').get(folder)!.parent
      this.#parents.set(folder, parent)
    }
    return parent
  }

  /** Writes the new paths, and makes their names findable. */
  flush(): void {
    const rows = this.#waiting
    this.#waiting = []
    const stored: unknown[] = []
    const index = prepared<[number, string]>(this.#db, 'INSERT INTO path_search (rowid, text) VALUES (?, ?)')
    for (let i = 0; i < rows.length; i += 4) {
      const text = rows[i + 3] as string
      // Without an escape the text is the bytes, and CAST gives it back.
      stored.push(rows[i], rows[i + 1], rows[i + 2], this.#workspace, text.includes('\\') ? text : null)
      index.run(rows[i] as number, text)
    }
    bulkInsert(this.#db, 'INSERT INTO paths (path, parent, name, workspace, text)', '(?, ?, ?, ?, ?)', 5, stored)
  }

  #folder(path: string): number {
    const known = this.#folders.get(path)
    if (known !== undefined) return known
    // An unchanged folder is not in the delta: its own number is found, or (never in a whole archive) made, level by level.
    this.flush()
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? this.#root : this.#folder(path.slice(0, slash))
    const text = slash < 0 ? path : path.slice(slash + 1)
    const id = this.#child(parent, text, rawName(text), false)
    this.#remember(path, id, parent)
    return id
  }

  #child(parent: number, text: string, name: Uint8Array, isFresh: boolean): number {
    const known = isFresh ? null : findChild(this.#db, parent, name)
    if (known !== null) return known
    const id = this.#nextPath++
    this.#waiting.push(id, parent, name, text)
    return id
  }

  #remember(path: string, id: number, parent: number): void {
    if (this.#folders.size >= REMEMBERED_FOLDERS) {
      this.flush()
      this.#folders.clear()
      this.#parents.clear()
      this.#hasForgotten = true
    }
    this.#folders.set(path, id)
    this.#parents.set(id, parent)
  }
}

/** The number of a name in a folder, or null. */
export function findChild(db: ReadableDb, parent: number, name: Uint8Array): number | null {
  const row = prepared<[number, Uint8Array], { path: number }>(db, 'SELECT path FROM paths WHERE parent = ? AND name = ?').get(parent, name)
  return row?.path ?? null
}

/** The number of a path below a folder, or null when no archive of the workspace ever had it. `''` is the folder itself. */
export function findPath(db: ReadableDb, root: number, path: string): number | null {
  let at: number | null = root
  for (const name of path === '' ? [] : path.split('/')) {
    const bytes = textToBytes(name)
    at = bytes === null || at === null ? null : findChild(db, at, bytes)
  }
  return at
}

/** The whole path of a number in text form; `known` remembers folders between calls. `''` for a workspace's root. */
export function pathText(db: ReadableDb, path: number, known: Map<number, string> = new Map()): string {
  const before = known.get(path)
  if (before !== undefined) return before
  const row = prepared<[number], { parent: number; name: string }>(
    db,
    'SELECT parent, COALESCE(text, CAST(name AS TEXT)) AS name FROM paths WHERE path = ?',
  ).get(path)
  const folder = !row || row.parent === 0 ? null : pathText(db, row.parent, known)
  const text = folder === null ? '' : folder === '' ? row!.name : `${folder}/${row!.name}`
  known.set(path, text)
  return text
}

function rawName(name: string): Uint8Array {
  const bytes = textToBytes(name)
  if (bytes !== null && bytes.length > 0) return bytes
  throw new AppError('repository_damaged', {
    message: `An archive names a path that has no text form: ${name.slice(0, 120)}`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
  })
}

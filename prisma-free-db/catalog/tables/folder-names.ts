/**
 * Which names a folder held, from one archive of a series until before another. A page of a folder must cost the same
 * however many names have come and gone in it since, for the newest archive and for any older one. So a span that has ended
 * is filed under one number inside it, the one that the most powers of two divide: the fork node of the relational interval
 * tree (Kriegel, Pötke, Seidl: Managing Intervals Efficiently in Object-Relational Databases, VLDB 2000). The spans that
 * archive N sees lie at no more than log₂ of the newest number nodes, and at node 0, where those are that have not ended.
 */
import { AppError } from '#lib/base/errors.ts'
import { prepared, type WritableDb } from '../../handle.ts'
import { bulkInsert } from '../bulk-insert.ts'

/** Where spans are that have not ended. */
const OPEN_NODE = 0

const INSERT = 'INSERT INTO folder_names (series, parent, node, name, since, until, path)'
const TUPLE = '(?, ?, ?, ?, ?, ?, ?)'

/** Where a span is filed that begins with archive `since` and has ended before archive `until`. */
export function nodeOf(since: number, until: number): number {
  const last = until - 1
  const bit = 31 - Math.clz32((since - 1) ^ last)
  return (last >>> bit) << bit
}

/** Every node at which a span can be filed that archive `number` sees, in a series that has come to `newest`; 0 is before its first archive. */
export function nodesSeenBy(number: number, newest: number): number[] {
  if (number === 0) return [OPEN_NODE]
  const nodes = [OPEN_NODE, number]
  const lowestBit = number & -number
  for (let bit = lowestBit * 2; bit <= newest; bit *= 2) {
    const node = number - (number % (bit * 2)) + bit
    if (node <= newest) nodes.push(node)
  }
  return nodes
}

/** Writes which names one archive of a series added to folders and took out of them. */
export class FolderNameWriter {
  readonly #db: WritableDb
  readonly #series: number
  readonly #number: number
  #waiting: unknown[] = []

  constructor(db: WritableDb, series: number, number: number) {
    this.#db = db
    this.#series = series
    this.#number = number
  }

  /** The name is there from this archive on. */
  add(parent: number, name: Uint8Array, path: number): void {
    this.#waiting.push(this.#series, parent, OPEN_NODE, name, this.#number, null, path)
  }

  /** The name is not there any more. */
  remove(parent: number, name: Uint8Array, path: number): void {
    const row = prepared<[number, number, Uint8Array], { since: number }>(
      this.#db,
      `DELETE FROM folder_names WHERE series = ? AND parent = ? AND node = ${OPEN_NODE} AND name = ? RETURNING since`,
    ).get(this.#series, parent, name)
    if (!row) {
      throw new AppError('catalog_damaged', {
        message: `The catalog does not know a name that is to be taken out (path ${path}).`,
        hint: 'Make the catalog again with `orchive catalog rebuild`.',
      })
    }
    const node = nodeOf(row.since, this.#number)
    this.#waiting.push(this.#series, parent, node, name, row.since, this.#number, path)
  }

  /** Writes the waiting rows. */
  flush(): void {
    const values = this.#waiting
    this.#waiting = []
    bulkInsert(this.#db, INSERT, TUPLE, 7, values)
  }
}

/** Takes back what an archive, the newest of its series, wrote. Before its entry versions go: they say which names those are. */
export function undoFolderNames(db: WritableDb, series: number, number: number): void {
  const added = prepared<[number, number], { parent: number; name: Buffer }>(
    db,
    'SELECT p.parent, p.name FROM entry_versions v CROSS JOIN paths p ON p.path = v.path WHERE v.series = ? AND v.since = ?',
  ).all(series, number)
  const remove = prepared<[number, number, Buffer, number]>(
    db,
    `DELETE FROM folder_names WHERE series = ? AND parent = ? AND node = ${OPEN_NODE} AND name = ? AND since = ?`,
  )
  for (const { parent, name } of added) remove.run(series, parent, name, number)
  const ended = prepared<[number, number], { parent: number; name: Buffer }>(
    db,
    'SELECT p.parent, p.name FROM entry_versions v CROSS JOIN paths p ON p.path = v.path WHERE v.series = ? AND v.until = ?',
  ).all(series, number)
  const reopen = prepared<[number, number, number, Buffer, number]>(
    db,
    `UPDATE folder_names SET node = ${OPEN_NODE}, until = NULL WHERE series = ? AND parent = ? AND node = ? AND name = ? AND until = ?`,
  )
  const nodes = nodesSeenBy(number - 1, number - 1)
  for (const { parent, name } of ended) for (const node of nodes) reopen.run(series, parent, node, name, number)
}

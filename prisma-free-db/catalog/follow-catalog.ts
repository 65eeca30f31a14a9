import { statSync } from 'node:fs'
import { AppError } from '#lib/base/errors.ts'
import { type OpenDatabase, openCatalog, type ReadableDb } from '../open-database.ts'

/** A reader of a catalog that may be deleted, made again or moved while a process lives. */
export interface CatalogFollower {
  /** The catalog that lies at the path right now; throws `catalog_missing`, `catalog_damaged` or `catalog_from_future`. */
  db(): ReadableDb
  close(): void
}

/** Reads the catalog at a path for as long as a process lives: opens it when first asked for, and again when the file there is another one. */
export function followCatalog(path: string): CatalogFollower {
  let held: { open: OpenDatabase<ReadableDb>; file: string } | null = null
  const close = () => {
    held?.open.close()
    held = null
  }
  return {
    db() {
      const file = fileAt(path)
      if (held && held.file !== file) close()
      held ??= { open: openCatalog(path, { readonly: true }), file: fileAt(path) }
      return held.open.db
    },
    close,
  }
}

/** Which file lies there; '' for none. */
function fileAt(path: string): string {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw new AppError('io_failed', { message: `${path} cannot be looked at.`, cause: error })
  }
}

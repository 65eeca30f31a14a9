import type { Migration } from '../../migrate.ts'
import { temporalCatalog } from './0001-temporal-catalog.ts'
import { manyArchives } from './0002-many-archives.ts'

/** The catalog's schema, oldest step first; append only. */
export const CATALOG_MIGRATIONS: readonly Migration[] = [temporalCatalog, manyArchives]

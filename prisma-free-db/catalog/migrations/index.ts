import type { Migration } from '../../migrate.ts'

/** The catalog's schema, oldest step first; append only. */
export const CATALOG_MIGRATIONS: readonly Migration[] = []

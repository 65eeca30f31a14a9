import { AppError } from '#lib/base/errors.ts'
import type { SeriesId, WorkspaceId } from '#lib/base/ids.ts'
import type { ExtraItem, PathMap, Workspace } from '#lib/contracts/workspace.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** A registered workspace as the console keeps it: the shared shape, and where its archives go. */
export interface WorkspaceRecord extends Workspace {
  /** Its main series: complete native archives only. */
  seriesId: SeriesId
  repositoryPath: string
  /** When the newest scheduled run that was started (or given up as missed) had been due; null = none yet. */
  lastDueAt: string | null
  updatedAt: string
}

/** What can be changed after registering; a key left out stays as it is. */
export type WorkspaceChange = Partial<
  Pick<
    WorkspaceRecord,
    'name' | 'root' | 'configPath' | 'maps' | 'extraItems' | 'schedule' | 'timeZone' | 'repositoryPath' | 'seriesId' | 'lastDueAt'
  >
>

interface Row {
  id: string
  name: string
  root: string
  config_path: string
  maps: string
  extra_items: string
  series_id: string
  repository_path: string
  schedule: string | null
  time_zone: string
  last_due_at: string | null
  created_at: string
  updated_at: string
}

const COLUMNS =
  'id, name, root, config_path, maps, extra_items, series_id, repository_path, schedule, time_zone, last_due_at, created_at, updated_at'

/** Registers a workspace; `workspace_exists` when the name, or the same root with the same config, is taken. */
export function insertWorkspace(db: WritableDb, workspace: Omit<WorkspaceRecord, 'updatedAt' | 'lastDueAt'>): WorkspaceRecord {
  return inTransaction(db, () => {
    refuseTwin(db, workspace)
    const record: WorkspaceRecord = { ...workspace, lastDueAt: null, updatedAt: workspace.createdAt }
    prepared<Row & Record<string, unknown>>(
      db,
      `INSERT INTO workspaces (${COLUMNS})
       VALUES (:id, :name, :root, :config_path, :maps, :extra_items, :series_id, :repository_path, :schedule, :time_zone, :last_due_at, :created_at, :updated_at)`,
    ).run({ ...toRow(record) })
    return record
  })
}

/** Changes a workspace; `workspace_unknown` when it is not there, `workspace_exists` when the new name is taken. */
export function updateWorkspace(db: WritableDb, id: WorkspaceId, change: WorkspaceChange, updatedAt: string): WorkspaceRecord {
  return inTransaction(db, () => {
    const record = { ...requireWorkspace(db, id), ...change, updatedAt }
    refuseTwin(db, record)
    const result = prepared<Row & Record<string, unknown>>(
      db,
      `UPDATE workspaces
       SET name = :name, root = :root, config_path = :config_path, maps = :maps, extra_items = :extra_items, series_id = :series_id,
           repository_path = :repository_path, schedule = :schedule, time_zone = :time_zone, last_due_at = :last_due_at,
           created_at = :created_at, updated_at = :updated_at
       WHERE id = :id`,
    ).run({ ...toRow(record) })
    if (result.changes !== 1) throw unknown(id)
    return record
  })
}

/** Takes a workspace off the list; its archives stay where they are. False when it was not there. */
export function deleteWorkspace(db: WritableDb, id: WorkspaceId): boolean {
  return prepared<[string]>(db, 'DELETE FROM workspaces WHERE id = ?').run(id).changes === 1
}

/** Every workspace, by name. */
export function listWorkspaces(db: ReadableDb): WorkspaceRecord[] {
  return prepared<[], Row>(db, `SELECT ${COLUMNS} FROM workspaces ORDER BY name, id`).all().map(fromRow)
}

/** The workspace with this id, or null. */
export function getWorkspace(db: ReadableDb, id: string): WorkspaceRecord | null {
  const row = prepared<[string], Row>(db, `SELECT ${COLUMNS} FROM workspaces WHERE id = ?`).get(id)
  return row ? fromRow(row) : null
}

/** The workspace with this id; throws `workspace_unknown`. */
export function requireWorkspace(db: ReadableDb, id: string): WorkspaceRecord {
  const record = getWorkspace(db, id)
  if (!record) throw unknown(id)
  return record
}

/** The workspace with this id or this name (in any case of letters), or null. */
export function findWorkspace(db: ReadableDb, nameOrId: string): WorkspaceRecord | null {
  const row = prepared<[string, string], Row>(db, `SELECT ${COLUMNS} FROM workspaces WHERE id = ? OR name = ?`).get(nameOrId, nameOrId)
  return row ? fromRow(row) : null
}

function refuseTwin(db: ReadableDb, workspace: Pick<WorkspaceRecord, 'id' | 'name' | 'root' | 'configPath'>): void {
  const twin = prepared<[string, string, string, string], Row>(
    db,
    `SELECT ${COLUMNS} FROM workspaces WHERE id <> ? AND (name = ? OR (root = ? AND config_path = ?))`,
  ).get(workspace.id, workspace.name, workspace.root, workspace.configPath)
  if (!twin) return
  const sameRoot = twin.root === workspace.root && twin.config_path === workspace.configPath
  throw new AppError('workspace_exists', {
    message: sameRoot ? `${workspace.root} is already registered as ${twin.name}.` : `There is already a workspace named ${twin.name}.`,
    hint: sameRoot ? `Use ${twin.name}, or remove it first.` : 'Choose another name.',
    context: { workspaceId: twin.id, name: twin.name, root: twin.root },
  })
}

function unknown(id: string): AppError {
  return new AppError('workspace_unknown', {
    message: `There is no workspace ${id}.`,
    hint: 'See the registered ones with `orchive workspace list`.',
    context: { workspaceId: id },
  })
}

function toRow(record: WorkspaceRecord): Row {
  return {
    id: record.id,
    name: record.name,
    root: record.root,
    config_path: record.configPath,
    maps: JSON.stringify(record.maps),
    extra_items: JSON.stringify(record.extraItems),
    series_id: record.seriesId,
    repository_path: record.repositoryPath,
    schedule: record.schedule,
    time_zone: record.timeZone,
    last_due_at: record.lastDueAt,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  }
}

function fromRow(row: Row): WorkspaceRecord {
  return {
    id: row.id as WorkspaceId,
    name: row.name,
    root: row.root,
    configPath: row.config_path,
    maps: JSON.parse(row.maps) as PathMap[],
    extraItems: JSON.parse(row.extra_items) as ExtraItem[],
    seriesId: row.series_id as SeriesId,
    repositoryPath: row.repository_path,
    schedule: row.schedule,
    timeZone: row.time_zone,
    lastDueAt: row.last_due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import type { WritableDb } from '../handle.ts'
import { openConsole } from '../open-database.ts'
import { temporaryFolder } from '../testing.ts'
import { getSetting, isSetupTokenOpen, putSetting, putSetupToken, spendSetupToken } from './tables/settings.ts'
import { deleteWorkspace, findWorkspace, getWorkspace, insertWorkspace, listWorkspaces, updateWorkspace } from './tables/workspaces.ts'

const NOW = '2026-01-01T00:00:00.000Z'
const LATER = '2026-01-02T00:00:00.000Z'

const workspace = (name: string, root: string) => ({
  id: newWorkspaceId(),
  name,
  root,
  configPath: `${root}/orchestrator_config.json`,
  maps: [{ from: '/workspace', to: root }],
  extraItems: [{ key: 'digestDir', importance: 'medium' as const }],
  schedule: '0 2 * * *',
  timeZone: 'Europe/Berlin',
  seriesId: newSeriesId(),
  repositoryPath: '/var/lib/orchive/repository',
  createdAt: NOW,
})

function withConsole(work: (db: WritableDb) => void): void {
  using folder = temporaryFolder()
  const { db, close } = openConsole(join(folder.path, 'console.db'))
  work(db)
  close()
}

test('a workspace comes back as it was registered, by id and by name in any case of letters', () => {
  withConsole((db) => {
    const prod = workspace('prod', '/srv/prod')
    const record = insertWorkspace(db, prod)
    expect(record).toEqual({ ...prod, lastDueAt: null, updatedAt: NOW })
    expect(getWorkspace(db, prod.id)).toEqual(record)
    expect(findWorkspace(db, 'PROD')).toEqual(record)
    expect(findWorkspace(db, prod.id)).toEqual(record)
    expect(findWorkspace(db, 'other')).toBeNull()
  })
})

test('a second workspace of the same name, or of the same root and config, is workspace_exists', () => {
  withConsole((db) => {
    insertWorkspace(db, workspace('prod', '/srv/prod'))
    expect(() => insertWorkspace(db, workspace('Prod', '/srv/other'))).toThrow(expect.objectContaining({ code: 'workspace_exists' }))
    expect(() => insertWorkspace(db, workspace('twin', '/srv/prod'))).toThrow(expect.objectContaining({ code: 'workspace_exists' }))
    insertWorkspace(db, { ...workspace('twin', '/srv/prod'), configPath: '/srv/prod/other.json' })
    expect(listWorkspaces(db).map((each) => each.name)).toEqual(['prod', 'twin'])
  })
})

test('a change keeps what it does not name, and cannot take another one’s name', () => {
  withConsole((db) => {
    const prod = insertWorkspace(db, workspace('prod', '/srv/prod'))
    const test = insertWorkspace(db, workspace('test', '/srv/test'))
    expect(updateWorkspace(db, prod.id, { schedule: null, lastDueAt: LATER }, LATER)).toEqual({
      ...prod,
      schedule: null,
      lastDueAt: LATER,
      updatedAt: LATER,
    })
    expect(() => updateWorkspace(db, test.id, { name: 'prod' }, LATER)).toThrow(expect.objectContaining({ code: 'workspace_exists' }))
    expect(updateWorkspace(db, test.id, { name: 'TEST' }, LATER).name).toBe('TEST')
    expect(() => updateWorkspace(db, 'ws_none', { name: 'x' }, LATER)).toThrow(expect.objectContaining({ code: 'workspace_unknown' }))
  })
})

test('removing a workspace removes its row once', () => {
  withConsole((db) => {
    const prod = insertWorkspace(db, workspace('prod', '/srv/prod'))
    expect(deleteWorkspace(db, prod.id)).toBe(true)
    expect(deleteWorkspace(db, prod.id)).toBe(false)
    expect(listWorkspaces(db)).toEqual([])
  })
})

test('settings are JSON by key, and null takes one away', () => {
  withConsole((db) => {
    expect(getSetting(db, 'a')).toBeNull()
    putSetting(db, 'a', { deep: [1, 2] }, NOW)
    putSetting(db, 'a', { deep: [3] }, LATER)
    expect(getSetting(db, 'a')).toEqual({ deep: [3] })
    putSetting(db, 'a', null, LATER)
    expect(getSetting(db, 'a')).toBeNull()
  })
})

test('a set-up token works once, and a newer one replaces it', () => {
  withConsole((db) => {
    putSetupToken(db, 'first', NOW)
    putSetupToken(db, 'second', NOW)
    expect(spendSetupToken(db, 'first', LATER)).toBe(false)
    expect(isSetupTokenOpen(db, 'second')).toBe(true)
    expect(spendSetupToken(db, 'second', LATER)).toBe(true)
    expect(spendSetupToken(db, 'second', LATER)).toBe(false)
    expect(isSetupTokenOpen(db, 'second')).toBe(false)
  })
})

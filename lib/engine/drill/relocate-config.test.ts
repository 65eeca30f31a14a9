import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Manifest, ManifestItem } from '../repository/manifest.ts'
import { FindingList } from '../verify/verify-types.ts'
import { relocateConfig } from './relocate-config.ts'

let copy: string
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'orchive-copy-'))
  mkdirSync(join(copy, 'logs'))
  mkdirSync(join(copy, 'knowledge-packs'))
  writeFileSync(join(copy, 'state.json'), '{}')
  writeFileSync(join(copy, 'orchestrator_config.json'), '{}')
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

const item = (key: string, kind: ManifestItem['kind'], archiveName: string, sourcePath: string) =>
  ({ key, label: key, importance: 'high', kind, archiveName, sourcePath, configured: null, files: 1, contentBytes: 1 }) as const
const MANIFEST = {
  root: '/opt/live',
  configPath: '/opt/live/orchestrator/orchestrator_config.json',
  maps: [{ from: '/workspace', to: '/opt/live' }],
  items: [
    item('config', 'file', 'orchestrator_config.json', '/opt/live/orchestrator/orchestrator_config.json'),
    item('stateFile', 'file', 'state.json', '/opt/live/logs/state.json'),
    item('logsDir', 'folder', 'logs', '/opt/live/logs'),
    item('knowledgePackDir', 'folder', 'knowledge-packs', '/opt/live/logs/knowledge-packs'),
  ],
} as unknown as Manifest

const relocate = (config: Record<string, unknown>) => {
  const list = new FindingList()
  const result = relocateConfig(MANIFEST, config, copy, list)
  return { ...result, findings: list.finish() }
}

test('paths of the container, relative ones and nested ones all lead into the copy, and none to the live workspace', () => {
  const { config, resolved, findings } = relocate({
    stateFile: '/workspace/logs/state.json',
    logsDir: '../logs',
    knowledgePackDir: '/opt/live/logs/knowledge-packs',
    docsPath: './docs',
    digest: { outputDir: '/workspace/logs/digests', maxItems: 3 },
    hooks: ['https://example.test/a/b', '0 2 * * *', 'plain text / with a slash'],
  })
  expect(findings).toEqual([])
  expect(resolved).toBe(4)
  expect(config).toEqual({
    stateFile: join(copy, 'state.json'),
    logsDir: join(copy, 'logs'),
    knowledgePackDir: join(copy, 'knowledge-packs'),
    docsPath: join(copy, 'orchestrator/docs'),
    digest: { outputDir: join(copy, 'logs/digests'), maxItems: 3 },
    hooks: ['https://example.test/a/b', '0 2 * * *', 'plain text / with a slash'],
  })
  expect(JSON.stringify(config)).not.toMatch(/\/opt\/live|\/workspace/)
})

test('what the copy lacks is named with its key; what lies outside of the workspace stays and is named', () => {
  rmSync(join(copy, 'knowledge-packs'), { recursive: true })
  const { outside, findings, config } = relocate({
    stateFile: '../logs/state.json',
    logsDir: '../logs',
    knowledgePackDir: '../logs/knowledge-packs',
    certFile: '/etc/ssl/cert.pem',
  })
  expect(findings).toMatchObject([{ severity: 'error', code: 'config_path_unresolved', path: 'knowledgePackDir' }])
  expect(outside).toEqual(['certFile'])
  expect(config.certFile).toBe('/etc/ssl/cert.pem')
})

test('a state file that an override had named is found where it was archived from, and that is said', () => {
  const { findings, config } = relocate({ stateFile: './other.json', logsDir: '../logs', knowledgePackDir: '../logs/knowledge-packs' })
  expect(findings).toMatchObject([{ severity: 'info', code: 'config_path_overridden', path: 'stateFile' }])
  expect(config.stateFile).toBe(join(copy, 'state.json'))
})

import { dirname } from 'node:path'
import { isAppError } from '#lib/base/errors.ts'
import { fsPath, rawOfText } from '../raw-path.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { findEntry } from '../restore/chosen-paths.ts'
import { liveStat } from '../restore/open-folders.ts'
import { CONFIG_ITEM_KEY } from '../workspace/item-keys.ts'
import { MAX_CONFIG_BYTES } from '../workspace/read-config.ts'
import { resolveItems } from '../workspace/resolve-items.ts'
import type { ResolvedItem } from '../workspace/resolved-item.ts'
import { readJsonObject } from './read-content.ts'
import type { FindingList } from './verify-types.ts'

/** L4: the archived config, with the maps it was archived with, names places that this host has. */
export async function checkConfig(input: { reader: ArchiveReader; manifest: Manifest }, findings: FindingList): Promise<void> {
  const { manifest } = input
  const json = await archivedConfig(input, findings)
  if (json === null) return
  let items: ResolvedItem[]
  try {
    const config = { json, lines: new Map<string, number>(), findings: [] }
    items = resolveItems({
      root: manifest.root,
      configPath: manifest.configPath,
      config,
      maps: manifest.maps,
      extraItems: manifest.extraItems,
    }).items
  } catch (error) {
    if (!isAppError(error)) throw error
    findings.add('error', error.code, null, error.message)
    return
  }
  for (const item of items) {
    if (item.path === null || item.kind === 'not-covered') continue
    const isArchived = manifest.items.some((archived) => archived.key === item.key && archived.archiveName !== null)
    if (item.exists || hasFolder(item.path)) continue
    const message = `${item.label} (\`${item.key}\`) leads to ${item.path}, and ${dirname(item.path)} is not on this host; --map can lead it elsewhere.`
    findings.add(isArchived ? 'error' : 'info', 'config_path_unresolved', item.key, message)
  }
}

async function archivedConfig(
  input: { reader: ArchiveReader; manifest: Manifest },
  findings: FindingList,
): Promise<Record<string, unknown> | null> {
  const name = input.manifest.items.find((item) => item.key === CONFIG_ITEM_KEY)?.archiveName ?? null
  try {
    const entry = name === null ? null : await findEntry(input.reader, name)
    if (entry?.type !== 'file') {
      findings.add('error', 'config_missing', name, 'The archive holds no config file.')
      return null
    }
    const config = await readJsonObject(input.reader, entry, MAX_CONFIG_BYTES)
    if (config) return config
    findings.add('error', 'config_invalid', name, `${name} in the archive is no JSON object.`)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    findings.add('error', isAppError(error) ? error.code : 'config_invalid', name, `${name} in the archive cannot be read: ${message}`)
  }
  return null
}

/** Whether the folder that would hold the path is there. */
function hasFolder(path: string): boolean {
  const raw = rawOfText(dirname(path))
  return raw !== null && liveStat(fsPath(`${raw}/.`))?.type === 'dir'
}

/** The artefacts that a recovery starts from, as the archived config itself names them: what `tar -t | grep` looks for. */
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { findEntry } from '../restore/chosen-paths.ts'
import { schemeOf, valueAt } from '../workspace/config-values.ts'
import { CONFIG_ITEM_KEY } from '../workspace/item-keys.ts'
import { MAX_CONFIG_BYTES } from '../workspace/read-config.ts'
import { readJsonObject } from './read-content.ts'
import type { FindingList } from './verify-types.ts'

/** Config keys of what must be there besides the config; packs may not have been written yet. */
const REQUIRED = [
  { key: 'stateFile', label: 'State file', severity: 'error' },
  { key: 'knowledgePackDir', label: 'Knowledge packs', severity: 'warning' },
] as const

/** Config, state and packs are in the listing of the archive, under the names that its own config leads to. A config that does not parse is for L3 to say. */
export async function checkRequired(
  input: { reader: ArchiveReader; manifest: Manifest },
  listed: ReadonlySet<string>,
  findings: FindingList,
): Promise<void> {
  // A part of a workspace was never meant to hold all of it.
  if (input.manifest.kind === 'offload' || input.manifest.kind === 'partial') return
  const nameOf = (key: string) => input.manifest.items.find((item) => item.key === key)?.archiveName ?? null
  const configName = nameOf(CONFIG_ITEM_KEY)
  const hadConfig = input.manifest.items.find((item) => item.key === CONFIG_ITEM_KEY)?.kind !== 'missing'
  if (input.manifest.kind === 'safety' && !hadConfig) return
  if (configName === null || !listed.has(configName)) {
    findings.add('error', 'required_missing', configName, 'A listing of the archive (tar -t) shows no config file.')
    return
  }
  const config = await parsed(input.reader, configName)
  if (config === null) return
  for (const { key, label, severity } of REQUIRED) {
    const value = valueAt(config, key)
    if (typeof value !== 'string' || value.trim() === '' || schemeOf(value) !== null) continue
    // Two keys may name one path: then the item of the first one holds it.
    const holders = input.manifest.items.filter((item) => item.key === key || item.configured === value)
    if (holders.some(({ archiveName }) => archiveName !== null && listed.has(archiveName))) continue
    // A safety archive was meant to hold what was there; that this was not is said of the item.
    if (input.manifest.kind === 'safety' && holders.some(({ kind }) => kind === 'missing')) continue
    const message = `${label}: the archived config names ${value} (\`${key}\`), and a listing of the archive (tar -t) does not show it.`
    findings.add(severity, 'required_missing', key, message)
  }
}

async function parsed(reader: ArchiveReader, name: string): Promise<Record<string, unknown> | null> {
  try {
    const entry = await findEntry(reader, name)
    if (entry?.type !== 'file') return null
    return await readJsonObject(reader, entry, MAX_CONFIG_BYTES)
  } catch {
    // L1 names damage, L3 what does not parse.
    return null
  }
}

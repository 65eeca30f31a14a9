import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry } from '../entry.ts'
import type { ItemBaseline, Manifest, ManifestItem } from '../repository/manifest.ts'
import { suspicionOf } from '../repository/mark.ts'
import type { ArchiveReader, Repository } from '../repository/repository.ts'
import { findEntry } from '../restore/chosen-paths.ts'
import { compareBaseline, measureJson } from '../workspace/state-baseline.ts'
import { readContent } from './read-content.ts'
import type { FindingList } from './verify-types.ts'

/** A state file has tens of MBs; the JSON check holds the text once. */
const MOST_JSON_BYTES = 1024 * 1024 * 1024
/** Archives looked through for a baseline that can be trusted. */
const MOST_ANCESTORS = 400
/** What an accepted change explains. Text that does not parse is never acceptable. */
const ACCEPTABLE = new Set(['state_reset', 'state_shrunk', 'state_list_emptied', 'state_list_shrunk', 'critical_gone'])

export interface ContentInput {
  reader: ArchiveReader
  manifest: Manifest
  repository: Repository
  signal: AbortSignal | undefined
  /** Where content is read; default: out of the archive, proven by its SHA-256. */
  contentOf?: (entry: Entry) => Promise<Buffer>
}

/** L3: the JSON items parse, and none is torn, reset or shrunken against the last archive that was in order. Returns the items looked at. */
export async function checkContent(input: ContentInput, findings: FindingList): Promise<string[]> {
  const { manifest, repository } = input
  const isAccepted = await wasAccepted(repository, manifest.id)
  const before = await trustedBaselines(repository, manifest)
  const items = manifest.items.filter(isJsonItem)
  for (const item of items) {
    throwIfCancelled(input.signal)
    await checkJsonItem(input, item, before[item.key] ?? null, isAccepted, findings)
  }
  for (const finding of manifest.findings) {
    if (finding.code !== 'state_torn' && finding.code !== 'critical_unreadable') continue
    findings.add('error', finding.code, finding.path, finding.message)
  }
  return items.map((item) => item.archiveName!)
}

function isJsonItem(item: ManifestItem): boolean {
  return item.kind === 'file' && item.archiveName !== null && (item.importance === 'critical' || /\.json$/i.test(item.archiveName))
}

async function checkJsonItem(
  input: ContentInput,
  item: ManifestItem,
  before: ItemBaseline | null,
  isAccepted: boolean,
  findings: FindingList,
): Promise<void> {
  const name = item.archiveName!
  try {
    const entry = await findEntry(input.reader, name)
    if (entry?.type !== 'file') {
      findings.add('error', 'item_missing', name, `The archive has no file ${name} (${item.label}).`)
      return
    }
    if (entry.sizeBytes > MOST_JSON_BYTES) {
      findings.add('warning', 'too_large', name, `${name} is ${formatBytes(entry.sizeBytes)}; its JSON was not looked at.`)
      return
    }
    const contentOf = input.contentOf ?? ((file: Entry) => readContent(input.reader, file, MOST_JSON_BYTES))
    const measure = measureJson(await contentOf(entry))
    for (const finding of compareBaseline(before, measure, name)) {
      const isExplained = isAccepted && ACCEPTABLE.has(finding.code)
      const message = isExplained ? `${finding.message} Somebody accepted that.` : finding.message
      findings.add(isExplained ? 'info' : 'error', finding.code, finding.path, message)
    }
  } catch (error) {
    if (!isAppError(error) || error.code === 'cancelled') throw error
    findings.add('error', error.code, name, error.message)
  }
}

async function wasAccepted(repository: Repository, id: ArchiveId): Promise<boolean> {
  return suspicionOf(await marksIfWhole(repository, id)) === false
}

/** Baselines of the nearest earlier archive that is not suspect, or was accepted. */
async function trustedBaselines(repository: Repository, manifest: Manifest): Promise<Record<string, ItemBaseline>> {
  let parentId = manifest.parentId
  for (let steps = 0; parentId !== null && steps < MOST_ANCESTORS; steps++) {
    const id: ArchiveId = parentId
    const isSuspect = suspicionOf(await marksIfWhole(repository, id)) ?? false
    let parent: Manifest
    try {
      parent = await repository.readManifest(id)
    } catch (error) {
      // Forgotten or damaged: what came before it is out of reach.
      if (!isAppError(error)) throw error
      return {}
    }
    if (!isSuspect) return parent.baselines
    parentId = parent.parentId
  }
  return {}
}

async function marksIfWhole(repository: Repository, id: ArchiveId) {
  try {
    return await repository.marksOf(id)
  } catch (error) {
    if (!isAppError(error)) throw error
    return []
  }
}

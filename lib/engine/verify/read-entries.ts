import { isAppError } from '#lib/base/errors.ts'
import { type Entry, parseEntryLine } from '../entry.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import type { FindingList } from './verify-types.ts'

/** All entries that can be read; a section that cannot is named in `findings` (null = said before) and passed over. */
export async function* readEntries(
  reader: ArchiveReader,
  manifest: Pick<Manifest, 'sections'>,
  findings: FindingList | null,
): AsyncGenerator<Entry> {
  for (const section of manifest.sections) {
    let entries: Entry[] = []
    try {
      const raw = await reader.frame(section.id)
      entries = raw.toString('utf8').slice(0, -1).split('\n').map(parseEntryLine)
      if (entries.length !== section.entries || entries[0]?.path !== section.firstPath) {
        const message = `The section at ${section.firstPath} does not hold the ${section.entries} entries that the manifest names.`
        findings?.add('error', 'section_differs', section.firstPath, message)
      }
    } catch (error) {
      if (!isAppError(error)) throw error
      const message = `The ${section.entries} entries from ${section.firstPath} on cannot be listed: ${error.message}`
      findings?.add('error', error.code, section.firstPath, message)
    }
    yield* entries
  }
}

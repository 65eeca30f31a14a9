import { IconLock, IconShield } from '@tabler/icons-react'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import { ICON } from '../parts.tsx'
import { SuspectMark } from '../suspect-mark.tsx'
import './archives.css'

/** Held, suspect, safety archive: icon, colour and word. */
export function ArchiveMark({ archive }: { archive: ArchiveSummary }) {
  return (
    <span className="marks">
      {archive.suspect ? <SuspectMark /> : null}
      {archive.hold ? (
        <span className="st hold" title={archive.hold.reason}>
          <IconLock {...ICON} />
          Held
        </span>
      ) : null}
      {archive.kind === 'safety' ? (
        <span className="st hold">
          <IconShield {...ICON} />
          Safety archive
        </span>
      ) : null}
      {archive.kind === 'partial' ? <span className="st warn">Partial</span> : null}
    </span>
  )
}

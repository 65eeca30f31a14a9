'use client'
import { IconDownload, IconRestore } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { downloadHref } from '#lib/client/api.ts'
import { useMay } from '#lib/client/person.tsx'
import { ICON } from '../parts.tsx'

interface Props {
  workspaceId: string
  archiveId: string
  chosen: ReadonlyMap<string, number>
  onClear: () => void
}

/** What can be done with the chosen paths, or with the whole archive. */
export function SelectionBar({ workspaceId, archiveId, chosen, onClear }: Props) {
  const router = useRouter()
  const mayRead = useMay('view-content')
  const mayRestore = useMay('restore')
  const paths = [...chosen.keys()]
  const bytes = [...chosen.values()].reduce((sum, size) => sum + size, 0)
  const plan = () => {
    const query = new URLSearchParams({ archive: archiveId })
    for (const path of paths) query.append('path', path)
    router.push(`/w/${workspaceId}/restore?${query}`)
  }
  const download = () => {
    for (const href of paths.length === 0
      ? [downloadHref(archiveId, null, 'tar.gz')]
      : paths.map((path) => downloadHref(archiveId, path))) {
      const link = document.createElement('a')
      link.href = href
      link.download = ''
      link.click()
    }
  }
  return (
    <div className="selbar">
      {paths.length === 0 ? (
        <span className="q">Nothing selected: these act on the whole archive.</span>
      ) : (
        <>
          <span className="b">{plural(paths.length, 'path')} selected</span>
          <span className="q">{formatBytes(bytes)}</span>
          <button type="button" className="btn g sm" onClick={onClear}>
            Clear selection
          </button>
        </>
      )}
      <span className="sp" />
      <button
        type="button"
        className="btn"
        disabled={!mayRead}
        title={mayRead ? undefined : 'Your role may not read files'}
        onClick={download}
      >
        <IconDownload {...ICON} />
        {paths.length === 0 ? 'Download archive' : `Download ${plural(paths.length, 'path')}`}
      </button>
      <button
        type="button"
        className="btn p"
        disabled={!mayRestore}
        title={mayRestore ? undefined : 'Your role may not restore'}
        onClick={plan}
      >
        <IconRestore {...ICON} />
        {paths.length === 0 ? 'Plan restore' : `Plan restore of ${plural(paths.length, 'path')}`}
      </button>
    </div>
  )
}

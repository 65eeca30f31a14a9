'use client'
import { IconChevronDown, IconChevronUp, IconDownload, IconFolderOpen, IconGitCompare, IconRestore, IconX } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import { downloadHref } from '#lib/client/api.ts'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Findings, ICON, Reading, SectionHead, Time, WideTable } from '../parts.tsx'
import { ArchiveMark } from './archive-mark.tsx'
import { Copies } from './copies.tsx'
import { InTrash } from './in-trash.tsx'
import { MarkActions } from './mark-actions.tsx'
import { Rungs } from './rungs.tsx'
import { VerifyAction } from './verify-action.tsx'

interface Props {
  archiveId: `arc_${string}`
  onSelect: (id: string | null) => void
}

/** One archive in detail, beside the list. */
export function ArchivePanel({ archiveId, onSelect }: Props) {
  // The one before stays until the next is there, so that who steps on keeps the button that he steps with.
  const { data, error, refetch } = useRead('getArchive', { archive: archiveId }, { keep: true })
  const now = useNow(60_000)
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    // There it lies over all else.
    if (window.matchMedia('(max-width: 700px)').matches) panel.current?.focus()
  }, [])
  return (
    <aside ref={panel} tabIndex={-1} className="pn" aria-label="Archive">
      <div className="fx">
        <h2 className="h1">{data ? `${formatDay(data.createdAt, now)}, ${formatClock(data.createdAt)}` : 'Reading…'}</h2>
        <span className="sp" />
        <CommandPopover command={`orchive restore ${archiveId} --in-place --dry-run`} />
        <Step label="Newer archive" id={data?.nextId} onSelect={onSelect} up />
        <Step label="Older archive" id={data?.previousId} onSelect={onSelect} />
        <button type="button" className="ib" aria-label="Close panel" onClick={() => onSelect(null)}>
          <IconX {...ICON} />
        </button>
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <Detail key={data.id} archive={data} onGone={() => onSelect(null)} /> : error ? null : <Reading rows={8} />}
    </aside>
  )
}

function Step(props: { label: string; id: string | null | undefined; onSelect: (id: string) => void; up?: boolean }) {
  const { label, id, onSelect, up = false } = props
  const Icon = up ? IconChevronUp : IconChevronDown
  return (
    <button type="button" className="ib" aria-label={label} title={label} disabled={!id} onClick={() => id && onSelect(id)}>
      <Icon {...ICON} />
    </button>
  )
}

function Detail({ archive, onGone }: { archive: ArchiveDetail; onGone: () => void }) {
  const router = useRouter()
  const mayRestore = useMay('restore')
  const mayRead = useMay('view-content')
  const base = `/w/${archive.workspaceId}`
  return (
    <>
      <p className="fx wrap">
        <span className="mono q brk">{archive.id}</span>
        <span className="tag">{archive.kind}</span>
        <ArchiveMark archive={archive} />
      </p>
      <div className="fx wrap">
        <button
          type="button"
          className="btn p"
          disabled={!mayRestore}
          title={mayRestore ? undefined : 'Your role may not restore'}
          onClick={() => router.push(`${base}/restore?archive=${archive.id}`)}
        >
          <IconRestore {...ICON} />
          Plan restore
        </button>
        <Link className="btn" href={`${base}/archives/${archive.id}/browse`}>
          <IconFolderOpen {...ICON} />
          Browse
        </Link>
        {mayRead ? (
          <a className="btn" href={downloadHref(archive.id, null, 'tar.gz')} download>
            <IconDownload {...ICON} />
            Download
          </a>
        ) : null}
        <Link className="btn" href={`${base}/compare?a=${archive.id}&b=live`}>
          <IconGitCompare {...ICON} />
          Compare with live
        </Link>
        {archive.previousId ? (
          <Link className="btn" href={`${base}/compare?a=${archive.previousId}&b=${archive.id}`}>
            <IconGitCompare {...ICON} />
            With the one before
          </Link>
        ) : null}
      </div>
      {archive.forgotten === null ? <MarkActions archive={archive} onGone={onGone} /> : <InTrash archive={archive} />}
      <section aria-labelledby="rungs">
        <SectionHead id="rungs" title="Recoverability">
          <VerifyAction archiveId={archive.id} />
        </SectionHead>
        <Rungs archive={archive} />
      </section>
      <Copies archiveId={archive.id as `arc_${string}`} workspaceId={archive.workspaceId} />
      <Items archive={archive} />
      <section aria-labelledby="facts">
        <SectionHead id="facts" title="Capture" />
        <dl className="kv">
          <dt>Taken</dt>
          <dd>
            <Time iso={archive.createdAt} /> in {formatDuration(archive.durationMs)}
          </dd>
          <dt>Series</dt>
          <dd>number {archive.seriesNumber}</dd>
          <dt>Root</dt>
          <dd className="mono">{archive.root}</dd>
          <dt>Config</dt>
          <dd className="mono">{archive.configPath}</dd>
          {archive.note ? (
            <>
              <dt>Note</dt>
              <dd>{archive.note}</dd>
            </>
          ) : null}
        </dl>
      </section>
      {archive.findings.length > 0 ? (
        <section aria-labelledby="notes">
          <SectionHead id="notes" title="Notes from capture" />
          <Findings findings={archive.findings} />
        </section>
      ) : null}
    </>
  )
}

function Items({ archive }: { archive: ArchiveDetail }) {
  return (
    <section aria-labelledby="items">
      <SectionHead
        id="items"
        title="Items"
        aside={`${plural(archive.files, 'file')}, ${formatBytes(archive.contentBytes)}, new ${formatBytes(archive.storedBytes)}`}
      />
      <WideTable label="Items of the archive">
        <thead>
          <tr>
            <th>Item</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
          </tr>
        </thead>
        <tbody>
          {archive.items.map((item) => (
            <tr key={item.key}>
              <td title={item.sourcePath ?? undefined}>
                <span className="b">{item.label}</span> <span className="q">{item.importance}</span>
              </td>
              {item.kind === 'missing' || item.kind === 'not-covered' ? (
                <td className="r warn" colSpan={2}>
                  {item.kind === 'missing' ? 'was missing' : 'not covered'}
                </td>
              ) : (
                <>
                  <td className="r" data-label={pluralWord(item.files, 'file')}>
                    {formatCount(item.files)}
                  </td>
                  <td className="r">{formatBytes(item.contentBytes)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </WideTable>
    </section>
  )
}

'use client'
import { IconArrowLeft, IconDownload, IconEyeOff } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { commandText, operands } from '#lib/base/command-text.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { callApi, downloadHref } from '#lib/client/api.ts'
import { useMay } from '#lib/client/person.tsx'
import { CommandPopover, ErrorNote, ICON, Reading } from '../parts.tsx'

const CodeText = dynamic(() => import('./code-text.tsx'), { ssr: false, loading: () => <Reading rows={6} /> })

interface Props {
  archiveId: `arc_${string}`
  path: string
  onBack: () => void
}

/** One file: the first window of its text, secrets masked, more on request. */
export function PreviewPane({ archiveId, path, onBack }: Props) {
  const may = useMay('view-content')
  const { data, error, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['preview', archiveId, path],
    queryFn: ({ pageParam, signal }) => callApi('preview', { archive: archiveId, path, offset: pageParam }, signal),
    initialPageParam: 0,
    getNextPageParam: (page) => page.nextOffsetBytes,
    enabled: may,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const first = data?.pages[0]
  const text = (data?.pages ?? []).map((page) => page.text ?? '').join('')
  const masked = (data?.pages ?? []).reduce((sum, page) => sum + page.maskedSecrets, 0)
  return (
    <section className="pv" aria-label="Preview">
      <header className="fx">
        <button type="button" className="ib back" aria-label="Back to the files" onClick={onBack}>
          <IconArrowLeft {...ICON} />
        </button>
        <h2 className="ell" title={path}>
          {path.split('/').at(-1)}
        </h2>
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'cat', ...operands(archiveId, path)])} />
        {may ? (
          <a className="btn" href={downloadHref(archiveId, path)} download>
            <IconDownload {...ICON} />
            Download
          </a>
        ) : null}
      </header>
      {first ? (
        <p className="facts">
          <span>
            {first.kind}, {formatBytes(first.sizeBytes)}
          </span>
          {first.sha256 ? (
            <span className="mono q" title={`SHA-256 ${first.sha256}`}>
              {first.sha256.slice(0, 4)} … {first.sha256.slice(-4)}
            </span>
          ) : null}
          {masked > 0 ? (
            <span className="st">
              <IconEyeOff {...ICON} />
              {plural(masked, 'secret')} masked
            </span>
          ) : null}
        </p>
      ) : null}
      {may ? null : (
        <ErrorNote error={{ message: 'Your role may list files, but not read them.', hint: 'Ask an admin for a role that has it.' }} />
      )}
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {may && !first && !error ? <Reading rows={6} /> : null}
      {first && first.text === null ? (
        <p className="empty">
          {first.kind === 'binary' ? 'Binary: nothing to show as text. Download it.' : 'A link: it has no content of its own.'}
        </p>
      ) : null}
      {first && first.text !== null ? <CodeText text={text} isJson={first.kind === 'json'} label={`Content of ${path}`} /> : null}
      {hasNextPage ? (
        <button type="button" className="btn" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Reading…' : 'Show the next 2 MB'}
        </button>
      ) : null}
    </section>
  )
}

'use client'
import { IconArrowLeft, IconCode, IconListDetails } from '@tabler/icons-react'
import { commandText } from '#lib/base/command-text.ts'
import { useMay } from '#lib/client/person.tsx'
import type { SideId } from '#lib/contracts/compare.ts'
import { CommandPopover, ErrorNote, ICON, Reading } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { RecordTable } from './record-table.tsx'
import { TextPane } from './text-pane.tsx'
import { isJson, type Records } from './use-records.ts'

interface Props {
  workspaceId: `ws_${string}`
  a: SideId
  b: SideId
  path: string
  records: Records
  onBack: () => void
}

/** What changed in one file: by records where it is JSON, else as text. */
export function FilePane({ workspaceId, a, b, path, records, onBack }: Props) {
  const { params, set } = useUrlState()
  const may = useMay('view-content')
  const hasRecords = isJson(path)
  const wantsText = params.get('view') === 'text'
  const isText = wantsText || !hasRecords || records.data?.kind === 'text'
  return (
    <section className={`rc ${isText ? 'wide' : ''}`} aria-label={`Changes in ${path}`}>
      <header className="t1">
        <button type="button" className="ib back" aria-label="Back to the changes" onClick={onBack}>
          <IconArrowLeft {...ICON} />
        </button>
        <h2 className="ell" title={path}>
          {path.split('/').at(-1)}
        </h2>
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'diff', a, b, `--path=${path}`, ...(isText && hasRecords ? ['--text'] : [])])} />
        {hasRecords ? (
          <fieldset className="seg">
            <legend className="vh">How to compare</legend>
            <button type="button" aria-pressed={!wantsText} onClick={() => set({ view: null })}>
              <IconListDetails {...ICON} />
              Records
            </button>
            <button type="button" aria-pressed={wantsText} onClick={() => set({ view: 'text', rec: null })}>
              <IconCode {...ICON} />
              Text
            </button>
          </fieldset>
        ) : null}
      </header>
      {may ? null : (
        <ErrorNote error={{ message: 'Your role may list files, but not read them.', hint: 'Ask an admin for a role that has it.' }} />
      )}
      {records.error && !wantsText ? <ErrorNote error={records.error} again={() => void records.refetch()} /> : null}
      {records.data?.kind === 'text' && !wantsText ? <p className="note warn cmn">{records.data.reason} It is compared as text.</p> : null}
      {may && isText ? <TextPane workspaceId={workspaceId} a={a} b={b} path={path} isJson={hasRecords} /> : null}
      {may && !isText && !records.data && !records.error ? <Reading rows={8} /> : null}
      {!isText && records.data ? <RecordTable diff={records.data} /> : null}
    </section>
  )
}

'use client'
import { IconCircleCheck, IconCircleX, IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { commandText } from '#lib/base/command-text.ts'
import { callApi } from '#lib/client/api.ts'
import { useMay } from '#lib/client/person.tsx'
import { usePages } from '#lib/client/queries.ts'
import type { AuditCheck, AuditFilter } from '#lib/contracts/audit.ts'
import { OlderButton } from '../older-button.tsx'
import { CommandPopover, ErrorNote, ICON, Reading } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { useUrlState } from '../url-state.ts'
import { AuditFilters } from './audit-filters.tsx'
import { AuditTable } from './audit-table.tsx'
import '../settings/settings.css'
import './audit.css'

/** Who did what to which object from where; filters stand in the address. */
export function AuditView() {
  const may = useMay('settings')
  const { params } = useUrlState()
  const text = (name: string) => params.get(name) || undefined
  const filter: AuditFilter = {
    actor: text('actor'),
    action: text('action'),
    objectKind: text('kind'),
    objectId: text('object'),
    from: dayOf(text('from'), 'T00:00:00.000Z'),
    to: dayOf(text('to'), 'T23:59:59.999Z'),
  }
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Audit log</h1>
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'audit', 'list', ...flagsOf(filter)])} />
      </div>
      <SettingsTabs />
      {may ? <Log filter={filter} /> : <p className="empty">Who did what is for admins to see.</p>}
    </div>
  )
}

function dayOf(day: string | undefined, end: string): string | undefined {
  return day && /^\d{4}-\d\d-\d\d$/.test(day) ? `${day}${end}` : undefined
}

const FLAGS = { actor: '--by', action: '--action', objectKind: '--kind', objectId: '--object', from: '--from', to: '--to' } as const

const flagsOf = (filter: AuditFilter): string[] =>
  (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).flatMap((name) => (filter[name] === undefined ? [] : [FLAGS[name], filter[name]]))

function Log({ filter }: { filter: AuditFilter }) {
  const pages = usePages('listAudit', filter)
  const { data, error, refetch } = pages
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={8} />
  const rows = data.pages.flatMap((page) => page.rows)
  const given = Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const exportHref = (format: string) => `/api/v1/audit/export?${new URLSearchParams([...given, ['format', format]])}`
  return (
    <>
      <AuditFilters facets={data.pages[0]!.facets} />
      <div className="phead">
        <a className="btn sm" href={exportHref('csv')} download>
          <IconDownload {...ICON} /> CSV
        </a>
        <a className="btn sm" href={exportHref('json')} download>
          <IconDownload {...ICON} /> JSON
        </a>
        <span className="sp" />
        <VerifyChain />
      </div>
      {rows.length === 0 ? <p className="empty">No line of the log fits.</p> : <AuditTable rows={rows} />}
      <OlderButton pages={pages} />
    </>
  )
}

function VerifyChain() {
  const [check, setCheck] = useState<AuditCheck | Error | null>(null)
  const [busy, setBusy] = useState(false)
  const verify = async () => {
    setBusy(true)
    setCheck(await callApi('checkAudit', {}).catch((error: Error) => error))
    setBusy(false)
  }
  return (
    <>
      <button type="button" className="btn sm" disabled={busy} onClick={() => void verify()}>
        {busy ? 'Walking the chain…' : 'Verify chain'}
      </button>
      {check instanceof Error ? <ErrorNote error={check} /> : check ? <Verdict check={check} /> : null}
    </>
  )
}

function Verdict({ check: { ok, rows, brokenAt, head, isGuarded, mirrors } }: { check: AuditCheck }) {
  const isWell = ok && isGuarded
  return (
    <div className={`note ${isWell ? 'ok' : 'bad'} verdict`} role="status">
      {isWell ? <IconCircleCheck {...ICON} /> : <IconCircleX {...ICON} />}
      <div>
        <p>
          {brokenAt === null
            ? `The chain is whole: ${rows.toLocaleString('en')} lines.`
            : `The chain breaks at line ${brokenAt}: it, or one before it, was changed, taken out or put in.`}
          {isGuarded ? '' : ' The database does not refuse changes of the log any more: somebody took its guards away.'}
        </p>
        <p className="q">
          The newest hash that fits: <code className="mono brk">{head}</code>
        </p>
        {mirrors.length === 0 ? <p>There is no copy beside archives yet: lines cut off the end would not show.</p> : null}
        {mirrors.map(({ repository, upTo, behind, problem }) => (
          <p key={repository} className={problem === null ? 'q' : ''}>
            The copy in <span className="mono brk">{repository}</span>{' '}
            {problem === null
              ? `fits: it holds the lines up to ${upTo.toLocaleString('en')}${behind === 0 ? '' : `, ${behind.toLocaleString('en')} are not copied yet`}.`
              : `does not: ${problem}`}
          </p>
        ))}
      </div>
    </div>
  )
}

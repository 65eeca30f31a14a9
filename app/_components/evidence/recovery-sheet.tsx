'use client'
import { IconAlertTriangle } from '@tabler/icons-react'
import { commandText } from '#lib/base/command-text.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { useRead } from '#lib/client/queries.ts'
import type { RecoverySheet, SheetArchive } from '#lib/contracts/recovery-sheet.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, ICON, Ladder, Reading, SectionHead, WideTable } from '../parts.tsx'
import { PrintButton } from './drill-report.tsx'
import { SheetKey } from './sheet-key.tsx'
import './evidence.css'

/** What to have on paper when host and console are gone. */
export function RecoverySheetView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error, refetch } = useRead('recoverySheet', { workspace: workspaceId })
  return (
    <div className="page ev sheet">
      <div className="phead">
        <h1>Recovery sheet</h1>
        {data ? (
          <span className="q">
            {data.workspace}, as of <Moment iso={data.generatedAt} />
          </span>
        ) : null}
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'recovery-sheet', data?.workspace ?? workspaceId])} />
        <PrintButton />
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <Sheet sheet={data} /> : error ? null : <Reading rows={12} what="Reading the repository…" />}
    </div>
  )
}

/** Paper does not know what “2 h ago” was. */
const Moment = ({ iso }: { iso: string }) => <time dateTime={iso}>{formatMoment(Date.parse(iso), 0)} UTC</time>

function Sheet({ sheet }: { sheet: RecoverySheet }) {
  const { repository } = sheet
  return (
    <>
      <p className="noprint q">
        Print it and keep it away from this host. It holds no secret{repository.isEncrypted ? ', unless you put a key on it' : ''}.
      </p>
      {repository.isOnDiskOfRoot ? (
        <p className="note warn">
          <IconAlertTriangle {...ICON} />
          <span>The repository lies on the disk that it backs up: when that disk is lost, both are. Keep a copy of it elsewhere.</span>
        </p>
      ) : null}
      <section aria-labelledby="rs-where">
        <SectionHead id="rs-where" title="Where" />
        <dl className="kv">
          <dt>Repository</dt>
          <dd className="mono brk">{repository.path}</dd>
          <dt>Its id</dt>
          <dd className="mono brk">
            {repository.id}, format {repository.formatVersion}
          </dd>
          <dt>Made</dt>
          <dd>
            <Moment iso={repository.createdAt} />, now {formatBytes(repository.storedBytes)} with {formatCount(sheet.archives)} archives
          </dd>
          <dt>Disk</dt>
          <dd className="brk">
            {repository.mount ? `${repository.mount.device} (${repository.mount.type}), mounted at ${repository.mount.point}` : 'not known'}
          </dd>
          <dt>Host</dt>
          <dd className="brk">{sheet.host}</dd>
          <dt>Workspace</dt>
          <dd className="brk">
            {sheet.workspace}, <span className="mono">{sheet.root}</span>
          </dd>
          <dt>Config</dt>
          <dd className="mono brk">{sheet.configPath}</dd>
          <dt>Written by</dt>
          <dd>Orchive {sheet.tool}</dd>
        </dl>
      </section>
      <section aria-labelledby="rs-which">
        <SectionHead id="rs-which" title="Which archive" />
        <dl className="kv">
          <dt>Known good</dt>
          <dd>{sheet.knownGood ? <Archive archive={sheet.knownGood} sheet={sheet} /> : 'None: no archive is proven at level 3 now.'}</dd>
          <dt>Newest</dt>
          <dd>
            {!sheet.newest ? (
              'None: nothing has been backed up yet.'
            ) : sheet.newest.archiveId === sheet.knownGood?.archiveId ? (
              'the same'
            ) : (
              <Archive archive={sheet.newest} sheet={sheet} />
            )}
          </dd>
        </dl>
      </section>
      {repository.isEncrypted ? <SheetKey path={repository.path} generatedAt={sheet.generatedAt} /> : null}
      <Steps id="rs-with" title="With Orchive, on a new host" steps={sheet.withOrchive} />
      <Steps
        id="rs-without"
        title="Without Orchive"
        aside={`sh, awk, zstd, tar, sha256sum${repository.isEncrypted ? ', openssl' : ''}`}
        steps={sheet.withoutOrchive}
      />
      <Items sheet={sheet} />
      <Sums sheet={sheet} />
    </>
  )
}

function Archive({ archive, sheet }: { archive: SheetArchive; sheet: RecoverySheet }) {
  return (
    <>
      <Link className="link mono brk" href={`/w/${sheet.workspaceId}/archives?sel=${archive.archiveId}`}>
        {archive.archiveId}
      </Link>
      <br />
      <Moment iso={archive.createdAt} />, {plural(archive.files, 'file')}, {formatBytes(archive.contentBytes)}{' '}
      {archive.isSuspect ? <b className="warn">suspect</b> : null}{' '}
      {archive.grade === null ? 'not verified' : <Ladder grade={archive.grade} />}
    </>
  )
}

function Steps({ id, title, aside, steps }: { id: string; title: string; aside?: string; steps: RecoverySheet['withOrchive'] }) {
  return (
    <section aria-labelledby={id}>
      <SectionHead id={id} title={title} aside={aside} />
      <ol className="steps-paper">
        {steps.map(({ what, command }) => (
          <li key={command}>
            {what}
            <code className="mono brk">{command}</code>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Items({ sheet: { items } }: { sheet: RecoverySheet }) {
  if (items.length === 0) return null
  return (
    <section aria-labelledby="rs-items">
      <SectionHead id="rs-items" title="What it holds" />
      <WideTable label="What the archive holds">
        <thead>
          <tr>
            <th>Item</th>
            <th>Importance</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
            <th>Was at</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.key}>
              <td className="mono brk">{item.key}</td>
              <td>{item.importance}</td>
              <td className="r" data-label={pluralWord(item.files, 'file')}>
                {formatCount(item.files)}
              </td>
              <td className="r">{formatBytes(item.contentBytes)}</td>
              <td className="mono brk s">
                {item.sourcePath ?? (item.files > 0 ? 'no place in the config' : 'not there when it was taken')}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </section>
  )
}

function Sums({ sheet }: { sheet: RecoverySheet }) {
  const known = [sheet.knownGood, sheet.newest?.archiveId === sheet.knownGood?.archiveId ? null : sheet.newest].filter(
    (one) => one !== null,
  )
  const manifests = known.map(({ archiveId, manifestSha256 }) => ({
    name: `manifests/${archiveId}.mft.zst`,
    sha256: manifestSha256,
    isWhole: manifestSha256 !== null,
  }))
  return (
    <section aria-labelledby="rs-sums">
      <SectionHead id="rs-sums" title="Checksums" aside="SHA-256, as sha256sum prints them" />
      <dl className="kv sums">
        {[...sheet.files, ...manifests].map(({ name, sha256, isWhole }) => (
          <div key={name}>
            <dt className="mono brk">{name}</dt>
            <dd className="mono brk">
              {sha256 ?? 'cannot be read'} {isWhole ? null : <b className="bad">damaged</b>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

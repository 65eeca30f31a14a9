'use client'
import { plural } from '#lib/base/plural.ts'
import { formatCount } from '#lib/base/units.ts'
import type { FieldChange, ListDiff, RecordChange, RecordDiff } from '#lib/contracts/compare.ts'
import { Time } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { A_AND_B, FieldTable, RecordInspector, type SideWords } from './record-inspector.tsx'
import './compare.css'

type Kind = 'changed' | 'added' | 'lost'
const SIGNS: Record<Kind, string> = { changed: '~', added: '+', lost: '−' }
const TONES: Record<Kind, string> = { changed: 'chg', added: 'add', lost: 'del' }

/** Tab that holds members which are no lists of records. */
const MEMBERS = ' members'

/** The lists of a JSON file with the records that differ, and the chosen record beside them. */
export function RecordTable({ diff, words = A_AND_B }: { diff: RecordDiff; words?: SideWords }) {
  const { params, set } = useUrlState()
  const tabs = [...(diff.values.length > 0 ? [MEMBERS] : []), ...diff.lists.map(({ key }) => key)]
  const shown = tabs.find((tab) => tab === params.get('list')) ?? diff.lists[0]?.key ?? tabs[0]
  const list = diff.lists.find(({ key }) => key === shown) ?? null
  if (tabs.length === 0) return <p className="empty pad">Both sides say the same. Only spaces or the order of keys differ.</p>
  const rows = list ? rowsOf(list) : []
  const chosen = rows.find(({ record }) => record.id === params.get('rec')) ?? rows[0] ?? null
  return (
    <div className="rg">
      <div className="rl">
        <div className="tb" role="tablist" aria-label="Lists">
          {tabs.map((tab) => (
            <button key={tab} type="button" role="tab" aria-selected={tab === shown} onClick={() => set({ list: tab, rec: null })}>
              {tab === MEMBERS ? 'Members' : tab === '' ? 'Records' : tab}
              <Counts tab={tab} diff={diff} />
            </button>
          ))}
        </div>
        {list ? <ListFacts list={list} /> : null}
        {list ? (
          <ul className="recs" aria-label={`Records of ${list.key}`}>
            {rows.map(({ kind, record }) => (
              <li key={`${kind}${record.id}`}>
                <RecordRow kind={kind} record={record} isChosen={record === chosen?.record} onChoose={() => set({ rec: record.id })} />
              </li>
            ))}
          </ul>
        ) : (
          <div className="pad">
            <FieldTable fields={diff.values as FieldChange[]} words={words} />
          </div>
        )}
        {diff.sameLists.length > 0 ? <p className="q pad">Same on both sides: {diff.sameLists.join(', ')}.</p> : null}
        {diff.maskedSecrets > 0 ? <p className="q pad">{plural(diff.maskedSecrets, 'secret')} masked.</p> : null}
      </div>
      {chosen ? <RecordInspector key={chosen.record.id} kind={chosen.kind} record={chosen.record} words={words} /> : null}
    </div>
  )
}

function rowsOf(list: ListDiff): { kind: Kind; record: RecordChange }[] {
  const of = (kind: Kind) => list[kind].map((record) => ({ kind, record }))
  return [...of('lost'), ...of('changed'), ...of('added')]
}

function Counts({ tab, diff }: { tab: string; diff: RecordDiff }) {
  const list = diff.lists.find(({ key }) => key === tab)
  if (!list) return <span className="sgn chg">~{formatCount(diff.values.length)}</span>
  return (
    <span className="sgn">
      {list.addedCount > 0 ? <span className="add">+{formatCount(list.addedCount)}</span> : null}
      {list.changedCount > 0 ? <span className="chg">~{formatCount(list.changedCount)}</span> : null}
      {list.lostCount > 0 ? <span className="del">−{formatCount(list.lostCount)}</span> : null}
    </span>
  )
}

function ListFacts({ list }: { list: ListDiff }) {
  const listed = list.added.length + list.changed.length + list.lost.length
  const all = list.addedCount + list.changedCount + list.lostCount
  return (
    <p className="facts pad">
      <span>
        {formatCount(list.lengthBefore)} → {formatCount(list.lengthAfter)} records, told apart by {list.identity ?? 'all they say'}
      </span>
      {listed < all ? <span>the first {formatCount(listed)} are listed</span> : null}
      {list.olderThanCap > 0 ? <span>{formatCount(list.olderThanCap)} older than the cap, not compared</span> : null}
    </p>
  )
}

interface RowProps {
  kind: Kind
  record: RecordChange
  isChosen: boolean
  onChoose: () => void
}

function RecordRow({ kind, record, isChosen, onChoose }: RowProps) {
  return (
    <button type="button" className={`rr ${isChosen ? 'sel' : ''}`} aria-pressed={isChosen} onClick={onChoose}>
      <span className={`sg ${TONES[kind]}`} aria-hidden="true">
        {SIGNS[kind]}
      </span>
      <span className="vh">{kind}</span>
      <span className="mono ell">{record.id}</span>
      <span className={`ell ${kind === 'changed' ? 'b' : ''}`}>{record.title ?? ''}</span>
      <span className="q">{kind === 'changed' ? plural(record.fields.length, 'field') : kind}</span>
      <span className="q at">{record.at === null || Number.isNaN(Date.parse(record.at)) ? '' : <Time iso={record.at} />}</span>
    </button>
  )
}

'use client'
import { useState } from 'react'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'

const DAY_MS = 86_400_000
/** What the entry of a select is that asks for a day. */
const ANOTHER_DAY = 'another-day'

interface Props {
  workspaceId: `ws_${string}`
  /** The newest ones. */
  newest: readonly ArchiveSummary[]
  /** The id that is chosen, or the value of one of `first`. */
  value: string
  onPick: (value: string) => void
  className: string
  label?: string
  /** What can be chosen besides archives. */
  first?: readonly { value: string; text: string }[]
}

/** A select of archives: the newest, and those of any day that is asked for, so that it never holds more than two pages. */
export function ArchiveOptions({ workspaceId, newest, value, onPick, className, label, first = [] }: Props) {
  const [day, setDay] = useState<string | null>(null)
  const fromMs = day ? Date.parse(`${day}T00:00:00Z`) : 0
  const range = { from: new Date(fromMs).toISOString(), to: new Date(fromMs + DAY_MS).toISOString() }
  const ofDay = useRead('listArchives', { workspace: workspaceId, limit: 200, ...range }, { enabled: Boolean(day) })
  const isKnown = [...newest, ...(ofDay.data?.rows ?? [])].some(({ id }) => id === value) || first.some((one) => one.value === value)
  const chosen = useRead('getArchive', { archive: value as `arc_${string}` }, { enabled: !isKnown })
  const now = useNow(60_000)
  const option = (archive: ArchiveSummary) => (
    <option key={archive.id} value={archive.id}>
      {textOf(archive, now)}
    </option>
  )
  return (
    <>
      <select
        className={className}
        {...(label ? { 'aria-label': label } : {})}
        value={value}
        onChange={(event) => (event.target.value === ANOTHER_DAY ? setDay('') : onPick(event.target.value))}
      >
        {first.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text}
          </option>
        ))}
        {isKnown ? null : <option value={value}>{chosen.data ? textOf(chosen.data, now) : value}</option>}
        {ofDay.data && ofDay.data.rows.length > 0 ? (
          <optgroup label={`Of ${formatDay(range.from)}`}>
            {ofDay.data.rows.filter(({ id }) => !newest.some((one) => one.id === id)).map(option)}
          </optgroup>
        ) : null}
        {newest.map(option)}
        <option value={ANOTHER_DAY}>Of another day…</option>
      </select>
      {day === null ? null : (
        <span className="fx">
          <input
            type="date"
            className="inp"
            aria-label="Archives of the day (UTC)"
            value={day}
            onChange={(event) => setDay(event.target.value)}
          />
          <span className="q" role="status">
            {day === '' ? 'Choose a day' : ofDay.isFetching ? 'Reading…' : ofDay.data?.rows.length === 0 ? 'None of that day' : ''}
          </span>
        </span>
      )}
    </>
  )
}

/** An archive as one line of the select. */
function textOf({ createdAt, grade, kind, suspect }: ArchiveSummary, nowMs: number): string {
  const parts = [grade === null ? 'not verified' : `L${grade}`, kind === 'backup' ? '' : kind, suspect ? 'suspect' : '']
  return [`${formatDay(createdAt, nowMs)} ${formatClock(createdAt)}`, ...parts].filter(Boolean).join(', ')
}

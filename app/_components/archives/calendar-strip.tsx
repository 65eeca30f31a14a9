'use client'
import { useEffect, useRef } from 'react'
import { plural } from '#lib/client/format.ts'
import { useRead } from '#lib/client/queries.ts'
import type { CalendarDay } from '#lib/contracts/overview.ts'
import { ErrorNote, Reading } from '../parts.tsx'

interface Props {
  workspaceId: `ws_${string}`
  days: number
  selectedId?: string | null
  onSelect?: (archiveId: string) => void
}

const wordsOf = (day: CalendarDay): string =>
  [
    day.date,
    day.archives === 0 ? (day.overdue ? 'a scheduled backup is overdue' : 'no archive') : plural(day.archives, 'archive'),
    day.archives > 0 ? (day.bestGrade === null ? 'not verified' : `grade L${day.bestGrade}`) : '',
    day.suspect ? 'suspect' : '',
    day.held ? 'held' : '',
    day.safety ? 'with a safety archive' : '',
  ]
    .filter(Boolean)
    .join(', ')

/** One cell a day: height is the grade, a bar above it means held, a cross means overdue. */
export function CalendarStrip({ workspaceId, days, selectedId, onSelect }: Props) {
  const { data, error, refetch } = useRead('calendar', { workspace: workspaceId, days })
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    if (data && box.current) box.current.scrollLeft = box.current.scrollWidth
  }, [data])
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={1} />
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="strip" ref={box} tabIndex={0} aria-label={`Archives of the last ${days} days`}>
        {data.map((day) => (
          <DayCell key={day.date} day={day} selected={day.newestId !== null && day.newestId === selectedId} onSelect={onSelect} />
        ))}
      </section>
      <p className="leg">
        <span>Height is the grade</span>
        <span>
          <i className="k held" /> Held
        </span>
        <span>
          <i className="k sus" /> Suspect
        </span>
        <span>× Overdue</span>
      </p>
    </>
  )
}

function DayCell({ day, selected, onSelect }: { day: CalendarDay; selected: boolean; onSelect: Props['onSelect'] }) {
  const words = wordsOf(day)
  const kind = `day ${day.held ? 'h' : ''} ${day.suspect ? 'w' : ''} ${day.overdue ? 'miss' : ''} ${selected ? 'sel' : ''}`
  const grade = day.archives === 0 ? 0 : Math.max(1, day.bestGrade ?? 1)
  const fill = day.archives === 0 ? null : <i className={day.bestGrade === null ? 'u' : ''} style={{ height: `${grade * 20}%` }} />
  const { newestId } = day
  if (newestId === null || !onSelect)
    return (
      <span className={kind} title={words} role="img" aria-label={words}>
        {fill}
      </span>
    )
  return (
    <button type="button" className={kind} title={words} aria-label={words} aria-pressed={selected} onClick={() => onSelect(newestId)}>
      {fill}
    </button>
  )
}

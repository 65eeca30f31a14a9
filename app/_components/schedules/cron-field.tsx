'use client'
import { useDebouncedValue } from '@mantine/hooks'
import { useId } from 'react'
import { useRead } from '#lib/client/queries.ts'

interface CronFieldProps {
  label: string
  value: string
  timeZone: string
  placeholder: string
  disabled: boolean
  onChange(value: string): void
}

const SHOWN = 3

/** A cron expression with its next runs in the workspace's zone, or why it cannot be meant. */
export function CronField({ label, value, timeZone, placeholder, disabled, onChange }: CronFieldProps) {
  const id = useId()
  const [asked] = useDebouncedValue(value.trim(), 200)
  const [zone] = useDebouncedValue(timeZone.trim(), 200)
  const isAsked = asked !== '' && zone !== ''
  const { data } = useRead('previewSchedule', { schedule: asked, timeZone: zone, count: SHOWN }, { enabled: isAsked, keep: true })
  const problem = isAsked ? (data?.problem ?? null) : null
  return (
    <div className="cronf">
      <label className="fld">
        <span>{label}</span>
        <input
          className="inp mono"
          value={value}
          disabled={disabled}
          placeholder={placeholder}
          spellCheck={false}
          aria-describedby={id}
          aria-invalid={problem !== null}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
      <div id={id} className="runs" aria-live="polite">
        {value.trim() === '' ? <p className="q">Never by itself.</p> : null}
        {problem ? <p className="bad">{problem}</p> : null}
        {isAsked && value.trim() !== '' && data && !problem ? (
          <ol>
            {data.runs.map(({ at, local }) => (
              <li key={at}>
                <time dateTime={at} title={at}>
                  {local}
                </time>
              </li>
            ))}
          </ol>
        ) : null}
      </div>
    </div>
  )
}

'use client'
import { IconHourglass, IconLock, IconMinus, IconPlus, IconShieldCheck } from '@tabler/icons-react'
import { type CSSProperties, useEffect, useId, useState } from 'react'
import type { PolicyDraft, RetentionRules } from '#lib/contracts/retention.ts'
import { ICON } from '../parts.tsx'
import { DRAFT_FIELDS, type DraftField, numberIn } from './retention-draft.ts'

/** Numbers settle for so long before they are simulated. */
const SETTLE_MS = 200

interface Props {
  rules: RetentionRules
  draft: PolicyDraft
  onDraft: (change: Record<string, string | null>) => void
}

/** How long what is kept; each number says what holds now and where it comes from. */
export function PolicyEditor({ rules, draft, onDraft }: Props) {
  return (
    <section className="rt-pol" aria-label="Policy">
      {DRAFT_FIELDS.map((field) => (
        <NumberRule
          key={field.field}
          rule={field}
          now={rules.policy[field.field]}
          value={draft[field.field] ?? rules.policy[field.field]}
          isOwn={rules.own.includes(field.field)}
          onChange={(value) => onDraft({ [field.key]: value === rules.policy[field.field] ? null : String(value) })}
        />
      ))}
      <div className="gr">
        <b>Always kept</b>
        <ul>
          <li>
            <IconLock {...ICON} size={14} /> Anything on hold
          </li>
          <li>
            <IconShieldCheck {...ICON} size={14} /> Newest, last known good, newest drilled
          </li>
          <li>
            <IconHourglass {...ICON} size={14} /> {rules.trashDays} days in trash first
          </li>
        </ul>
      </div>
    </section>
  )
}

interface RuleProps {
  rule: DraftField
  now: number
  value: number
  isOwn: boolean
  onChange: (value: number) => void
}

/** One number; it counts once nothing was typed or moved for a moment. */
function NumberRule({ rule, now, value, isOwn, onChange }: RuleProps) {
  const { label, unit, most, field, limit } = rule
  const id = useId()
  const [typed, setTyped] = useState(String(value))
  const [seen, setSeen] = useState(value)
  if (seen !== value) {
    setSeen(value)
    setTyped(String(value))
  }
  const number = numberIn(typed, rule)
  useEffect(() => {
    if (number === null || number === value) return
    const timer = setTimeout(() => onChange(number), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [number, value, onChange])
  const shown = number ?? value
  const longest = Math.max(most, now)
  const at = Math.min(shown, longest)
  return (
    <div className={field === 'dailyDays' || field === 'weeklyWeeks' || field === 'monthlyMonths' ? 'main' : ''}>
      <div className="rt-top">
        <label htmlFor={id}>{label}</label>
        <span className="sp" />
        <span className="q" id={`${id}-now`}>
          {shown === now ? (isOwn ? 'its own' : 'default') : `now ${now}`}
        </span>
      </div>
      <div className="rowi">
        <span className={`num ${shown === now ? '' : 'ch'}`}>
          <button type="button" aria-label={`${label}: fewer`} disabled={shown === 0} onClick={() => setTyped(String(shown - 1))}>
            <IconMinus {...ICON} size={13} />
          </button>
          <input
            id={id}
            inputMode="numeric"
            value={typed}
            aria-invalid={number === null}
            aria-describedby={`${id}-now`}
            onChange={(event) => setTyped(event.target.value.trim())}
          />
          <button type="button" aria-label={`${label}: more`} disabled={shown >= limit} onClick={() => setTyped(String(shown + 1))}>
            <IconPlus {...ICON} size={13} />
          </button>
        </span>
        {unit}
      </div>
      <input
        type="range"
        aria-label={`${label}, in ${unit}`}
        min={0}
        max={longest}
        value={at}
        style={{ '--filled': `${longest === 0 ? 0 : (at / longest) * 100}%` } as CSSProperties}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  )
}

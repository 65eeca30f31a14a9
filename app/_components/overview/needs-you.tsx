'use client'
import { IconAlertTriangle, IconCircleX, IconClipboardCheck, IconInfoCircle } from '@tabler/icons-react'
import type { Overview } from '#lib/contracts/overview.ts'
import Link from '../link.tsx'
import { ICON, SectionHead, Words } from '../parts.tsx'

const LOOK = {
  bad: { tone: 'bad', Icon: IconCircleX, word: 'Failed' },
  warn: { tone: 'warn', Icon: IconAlertTriangle, word: 'Warning' },
  hold: { tone: 'hold', Icon: IconClipboardCheck, word: 'Waiting for a lead' },
  info: { tone: 's', Icon: IconInfoCircle, word: 'Note' },
} as const

/** What waits for a person, most urgent first, one act each. */
export function NeedsYou({ needs }: { needs: Overview['needs'] }) {
  return (
    <section aria-labelledby="nd">
      <SectionHead id="nd" title="Needs you" aside={needs.length || undefined} />
      {needs.length === 0 ? <p className="empty">Nothing needs you.</p> : null}
      <ul className="need">
        {needs.map((need) => {
          const { tone, Icon, word } = LOOK[need.severity]
          return (
            <li key={need.code}>
              <span className={`st ${tone}`}>
                <Icon {...ICON} />
                <span className="vh">{word}</span>
              </span>
              <div className="tx">
                <p className="b">{need.title}</p>
                <p className="q">
                  <Words text={need.detail} />
                </p>
              </div>
              {need.href && need.action ? (
                <Link className="btn sm" href={need.href}>
                  {need.action}
                </Link>
              ) : null}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

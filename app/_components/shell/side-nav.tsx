'use client'
import type { ReactNode } from 'react'
import Link from '../link.tsx'
import { ICON } from '../parts.tsx'
import type { Section } from './sections.ts'
import { useWaitingCount } from './waiting-count.tsx'

interface SideNavProps {
  sections: readonly Section[]
  current: Section | null
  switcher: ReactNode
  me: ReactNode
}

/** The sections at the side of a wide page. */
export function SideNav({ sections, current, switcher, me }: SideNavProps) {
  const waiting = useWaitingCount()
  return (
    <nav className="side" aria-label="Main">
      <Brand />
      {switcher}
      <ul>
        {sections.map((section) => (
          <li key={section.href}>
            {section.group ? (
              <span className="grp" aria-hidden="true">
                {section.group}
              </span>
            ) : null}
            <Link href={section.href} {...(section === current ? { 'aria-current': 'page' } : {})}>
              <section.Icon {...ICON} />
              {section.label}
              {section.label === 'Approvals' && waiting > 0 ? (
                <span className="ct on" title="Waits for a lead">
                  {waiting}
                  <span className="vh"> waiting</span>
                </span>
              ) : null}
            </Link>
          </li>
        ))}
      </ul>
      {me}
    </nav>
  )
}

function Brand() {
  return (
    <div className="brand">
      <svg width="20" height="20" viewBox="0 0 20 20" fill="none" aria-hidden="true">
        <circle cx="10" cy="10" r="8.1" stroke="currentColor" strokeWidth="1.8" />
        <path d="M5.6 7.6h8.8M4.6 10.4h10.8M6.6 13.2h6.8" stroke="var(--accent-fill)" strokeWidth="1.8" strokeLinecap="round" />
      </svg>
      Orchive
    </div>
  )
}

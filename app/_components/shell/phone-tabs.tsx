'use client'
import { IconDots } from '@tabler/icons-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import Link from '../link.tsx'
import { ICON } from '../parts.tsx'
import type { Section } from './sections.ts'
import { useWaitingCount } from './waiting-count.tsx'

/** Loaded when it is first wanted. */
const MoreSheet = lazy(() => import('./more-sheet.tsx'))

/** The sections at the bottom of a phone: what somebody on call or a lead needs first, and all others behind More. */
export function PhoneTabs({ sections, current, me }: { sections: readonly Section[]; current: Section | null; me: ReactNode }) {
  const [isOpen, setOpen] = useState(false)
  const [isWanted, setWanted] = useState(false)
  const waiting = useWaitingCount()
  const first = sections.filter(({ isFirstOnPhone }) => isFirstOnPhone)
  const others = sections.filter(({ isFirstOnPhone }) => !isFirstOnPhone)
  const isElsewhere = current !== null && others.includes(current)
  const link = (section: Section, size: number) => (
    <Link
      key={section.href}
      href={section.href}
      onClick={() => setOpen(false)}
      {...(section === current ? { 'aria-current': 'page' } : {})}
    >
      <section.Icon {...ICON} size={size} />
      {section.label}
      {section.label === 'Approvals' && waiting > 0 ? <span className="bd">{waiting}</span> : null}
    </Link>
  )
  return (
    <>
      <nav className="tabs" aria-label="Sections">
        {first.map((section) => link(section, 20))}
        <button
          type="button"
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          className={isElsewhere ? 'on' : ''}
          onClick={() => {
            setWanted(true)
            setOpen(true)
          }}
        >
          <IconDots {...ICON} size={20} />
          More
        </button>
      </nav>
      <Suspense fallback={null}>
        {isWanted ? (
          <MoreSheet isOpen={isOpen} onClose={() => setOpen(false)} me={me}>
            {others.map((section) => link(section, 18))}
          </MoreSheet>
        ) : null}
      </Suspense>
    </>
  )
}

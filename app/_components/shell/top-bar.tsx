'use client'
import { IconSearch } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { formatClock, formatDay } from '#lib/client/format.ts'
import Link from '../link.tsx'
import { ICON } from '../parts.tsx'
import { SignOut } from './me.tsx'
import { SchemeButton } from './scheme-button.tsx'
import type { Section } from './sections.ts'

interface TopBarProps {
  section: Section | null
  /** The page below the section; null on the section itself. */
  page: string | null
  workspace: string | null
  switcher: ReactNode
  onFind: () => void
}

/** Where one is, what can be found, and what time it is. */
export function TopBar({ section, page, workspace, switcher, onFind }: TopBarProps) {
  const title = section?.label ?? page ?? 'Orchive'
  return (
    <>
      <header className="top">
        <div className="crumb">
          {workspace === null ? null : <span>{workspace} /</span>}
          {page === null || section === null ? (
            <b>{title}</b>
          ) : (
            <>
              <Link className="link" href={section.href}>
                {title}
              </Link>
              <span>/</span>
              <b>{page}</b>
            </>
          )}
        </div>
        <span className="sp" />
        <button type="button" className="find" onClick={onFind} aria-label="Find a page, an archive or a file">
          <IconSearch {...ICON} size={15} />
          Find a page, an archive or a file
          <span className="sp" />
          <span className="kbd">/</span>
        </button>
        <Clock />
        <SchemeButton />
      </header>
      <header className="mtop">
        <span className="n">
          {workspace === null ? <b>Orchive</b> : switcher}
          <span className="vh">{page ?? title}</span>
        </span>
        <SchemeButton />
        <SignOut />
      </header>
    </>
  )
}

function Clock() {
  const [now, setNow] = useState<string | null>(null)
  useEffect(() => {
    const tick = () => setNow(new Date().toISOString())
    tick()
    const timer = setInterval(tick, 10_000)
    return () => clearInterval(timer)
  }, [])
  if (now === null) return null
  return (
    <time className="q" dateTime={now}>
      {formatDay(now)}, {formatClock(now)} UTC
    </time>
  )
}

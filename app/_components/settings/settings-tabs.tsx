'use client'
import { usePathname } from 'next/navigation'
import Link from '../link.tsx'
import './settings.css'

const PAGES = [
  { href: '/settings/workspaces', label: 'Workspaces' },
  { href: '/settings/repository', label: 'Repository' },
  { href: '/settings/schedules', label: 'Schedules' },
  { href: '/settings/retention', label: 'Retention' },
  { href: '/settings/notifications', label: 'Notifications' },
  { href: '/settings/people', label: 'People' },
  { href: '/settings/audit', label: 'Audit log' },
  { href: '/settings/account', label: 'Account' },
  { href: '/settings/api', label: 'API' },
] as const

/** The pages of the settings. */
export function SettingsTabs() {
  const pathname = usePathname()
  return (
    <nav className="stabs" aria-label="Settings">
      {PAGES.map(({ href, label }) => (
        <Link key={href} href={href} {...(pathname.startsWith(href) ? { 'aria-current': 'page' } : {})}>
          {label}
        </Link>
      ))}
    </nav>
  )
}

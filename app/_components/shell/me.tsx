'use client'
import { IconLogout } from '@tabler/icons-react'
import type { Person } from '#lib/client/person.tsx'
import Link from '../link.tsx'
import { ICON } from '../parts.tsx'

/** Who is signed in. */
export function Me({ person }: { person: Person }) {
  const initials = person.name
    .split(/\s+/)
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase()
  return (
    <div className="me">
      <span className="av" aria-hidden="true">
        {initials}
      </span>
      <Link className="who" href="/settings/account" title="Your account">
        <span className="b ell">{person.name}</span>
        <span className="q">{person.role}</span>
      </Link>
      <SignOut />
    </div>
  )
}

/** Ends the session. */
export function SignOut() {
  const leave = async () => {
    await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    window.location.assign('/sign-in')
  }
  return (
    <button type="button" className="ib" aria-label="Sign out" title="Sign out" onClick={() => void leave()}>
      <IconLogout {...ICON} />
    </button>
  )
}

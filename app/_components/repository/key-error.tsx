'use client'
import { IconLock } from '@tabler/icons-react'
import { usePathname } from 'next/navigation'
import type { ActionError } from '#lib/client/use-action.ts'
import { ErrorNote, ICON } from '../parts.tsx'

/** Why a key was not touched; when only the sign-in is too long ago, the way to a new one and back, and what of the form is `kept` until then. */
export function KeyError({ error, kept }: { error: ActionError | null; kept?: string }) {
  const pathname = usePathname()
  if (error === null) return null
  if (error.code !== 'sign_in_again') return <ErrorNote error={error} />
  return (
    <div className="note warn" role="alert">
      <IconLock {...ICON} />
      <div>
        <p className="b">{error.message}</p>
        <p>
          {error.hint}
          {kept ? ` ${kept}` : ''}
        </p>
      </div>
      <a className="btn sm" href={`/sign-in?again=${encodeURIComponent(pathname)}`}>
        Sign in again
      </a>
    </div>
  )
}

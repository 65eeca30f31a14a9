'use client'
import { useRouter } from 'next/navigation'
import { lazy, Suspense, useRef, useState } from 'react'
import { type KeyActs, useKeys } from '#lib/client/use-keys.ts'

const ShortcutList = lazy(() => import('./shortcut-list.tsx'))

/** Sections whose first letter another one has. */
const KEYS: Record<string, string> = { Runbooks: 'b', Retention: 't', Approvals: 'p', Replicas: 'y', 'Audit log': 'l' }
const GO_WITHIN_MS = 1500

/** Keys that hold on every page, and the list of all of them. No key starts or deletes anything. */
export function Shortcuts({ entries }: { entries: readonly { href: string; label: string }[] }) {
  const router = useRouter()
  const [isOpen, setOpen] = useState(false)
  const wasOpen = useRef(false)
  wasOpen.current ||= isOpen
  const primedAt = useRef(Number.NEGATIVE_INFINITY)
  const goes = Object.fromEntries(
    entries.map(({ href, label }) => [
      KEYS[label] ?? label[0]!.toLowerCase(),
      () => {
        if (performance.now() - primedAt.current > GO_WITHIN_MS) return false
        primedAt.current = Number.NEGATIVE_INFINITY
        router.push(href)
        return true
      },
    ]),
  )
  const keys: KeyActs = {
    ...goes,
    g: () => {
      primedAt.current = performance.now()
      return true
    },
    b: () => {
      const button = document.querySelector<HTMLElement>('main [data-key=b]')
      button?.focus()
      return button !== null
    },
    '?': () => {
      setOpen(true)
      return true
    },
  }
  // Asked first: after a G the next letter means a section, whatever it means on the page.
  useKeys(keys, true)
  return <Suspense fallback={null}>{wasOpen.current ? <ShortcutList isOpen={isOpen} onClose={() => setOpen(false)} /> : null}</Suspense>
}

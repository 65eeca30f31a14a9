'use client'
import { Modal } from '@mantine/core'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { type KeyActs, useKeys } from '#lib/client/use-keys.ts'

const GROUPS: [title: string, keys: [keys: string, what: string][]][] = [
  [
    'Everywhere',
    [
      ['/', 'Find a page, an archive or a file'],
      ['G then O A C R B T D E J S', 'Go to Overview, Archives, Compare, Restore, Runbooks, Retention, Disk, Evidence, Jobs, Settings'],
      ['B', 'Move to “Back up now”'],
      ['?', 'These shortcuts'],
    ],
  ],
  [
    'Archives',
    [
      ['J K', 'Next and previous row'],
      ['[ ]', 'Older and newer archive'],
      ['X', 'Select the row; two are compared, one with live'],
      ['Esc', 'Close the panel, or clear the selection'],
    ],
  ],
  [
    'Browse',
    [
      ['F', 'Find a file in this archive'],
      ['[ ]', 'Older and newer version of the file, or archive'],
      ['Space', 'Select in the tree'],
    ],
  ],
]

/** Sections whose first letter another one has. */
const KEYS: Record<string, string> = { Runbooks: 'b', Retention: 't' }
const GO_WITHIN_MS = 1500

/** Keys that hold on every page, and the list of all of them. No key starts or deletes anything. */
export function Shortcuts({ entries }: { entries: readonly { href: string; label: string }[] }) {
  const router = useRouter()
  const [isOpen, setOpen] = useState(false)
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
  return (
    <Modal opened={isOpen} onClose={() => setOpen(false)} title="Keyboard shortcuts" closeButtonProps={{ 'aria-label': 'Close' }}>
      {GROUPS.map(([title, keys]) => (
        <section key={title} className="keys" aria-label={title}>
          <h3>{title}</h3>
          <dl>
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  )
}

'use client'
import { Drawer } from '@mantine/core'
import type { ReactNode } from 'react'

/** What the tabs of a phone leave out, from below. */
export default function MoreSheet({ onClose, me, children }: { onClose: () => void; me: ReactNode; children: ReactNode }) {
  return (
    <Drawer opened onClose={onClose} position="bottom" size="auto" title="More" closeButtonProps={{ 'aria-label': 'Close' }}>
      <nav className="more" aria-label="More sections">
        {children}
      </nav>
      {me}
    </Drawer>
  )
}

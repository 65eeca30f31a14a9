'use client'
import { Drawer } from '@mantine/core'
import type { ReactNode } from 'react'
import { useOpened } from '#lib/client/use-opened.ts'

/** What the tabs of a phone leave out, from below. */
export default function MoreSheet(props: { isOpen: boolean; onClose: () => void; me: ReactNode; children: ReactNode }) {
  const { isOpen, onClose, me, children } = props
  return (
    <Drawer
      opened={useOpened(isOpen)}
      onClose={onClose}
      position="bottom"
      size="auto"
      title="More"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <nav className="more" aria-label="More sections">
        {children}
      </nav>
      {me}
    </Drawer>
  )
}

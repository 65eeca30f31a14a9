'use client'
import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useOpened } from '#lib/client/use-opened.ts'

/** The panel of a dialog: focus goes into it, stays in it, and returns to where it was. */
export default function DialogPanel(props: { isOpen: boolean; onClose: () => void; title: string; children: ReactNode }) {
  const { isOpen, onClose, title, children } = props
  return (
    <Modal opened={useOpened(isOpen)} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      {children}
    </Modal>
  )
}

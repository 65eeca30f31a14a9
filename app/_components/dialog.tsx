'use client'
import { lazy, type ReactNode, Suspense, useState } from 'react'

const DialogPanel = lazy(() => import('./dialog-panel.tsx'))

interface Props {
  isOpen: boolean
  onClose: () => void
  title: string
  children: ReactNode
}

/** A question in front of the page. What draws it is loaded when it is first opened, and stays for how it goes away. */
export function Dialog(props: Props) {
  const [isWanted, setWanted] = useState(props.isOpen)
  if (props.isOpen && !isWanted) setWanted(true)
  return isWanted ? (
    <Suspense fallback={null}>
      <DialogPanel {...props} />
    </Suspense>
  ) : null
}

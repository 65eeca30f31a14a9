'use client'
import { useEffect, useState } from 'react'

/** Whether something that takes the focus is open, a moment after it is to be: what is made open at once does not know where the focus was, and cannot give it back. */
export function useOpened(isOpen: boolean): boolean {
  const [opened, setOpened] = useState(false)
  useEffect(() => setOpened(isOpen), [isOpen])
  return opened
}

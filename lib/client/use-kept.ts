'use client'
import { useEffect, useRef, useState } from 'react'

/**
 * What somebody typed, kept for this tab so that it outlives a page, such as a sign-in in between. `keep` leaves out what must not be kept, `revive` makes
 * a whole of what was kept before. Gives it and a way to change parts of it.
 */
export function useKept<T extends object>(key: string, initial: T, keep: (value: T) => unknown, revive: (kept: Partial<T>) => T) {
  const [value, setValue] = useState(initial)
  const isRead = useRef(false)
  // The server draws what is new; only the tab knows what was kept.
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once
  useEffect(() => {
    const text = sessionStorage.getItem(key)
    if (text === null) return
    try {
      setValue(revive(JSON.parse(text) as Partial<T>))
    } catch {
      sessionStorage.removeItem(key)
    }
  }, [])
  useEffect(() => {
    // The first time it is what the server drew.
    if (isRead.current) sessionStorage.setItem(key, JSON.stringify(keep(value)))
    isRead.current = true
  }, [key, keep, value])
  return [value, (change: Partial<T>) => setValue((before) => ({ ...before, ...change }))] as const
}

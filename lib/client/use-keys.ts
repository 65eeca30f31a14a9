'use client'
import { useEffect, useRef } from 'react'

/** What a key does; true or nothing when it did something, false to let it pass. */
export type KeyActs = Readonly<Record<string, (() => boolean | undefined) | undefined>>

/**
 * Single keys of a page, as `KeyboardEvent.key` names them, letters in lower case. They rest while somebody types or a dialog is open. Keys that
 * are `first` are asked before those of other parts.
 */
export function useKeys(acts: KeyActs, first = false): void {
  const newest = useRef(acts)
  newest.current = acts
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isFree(event)) return
      const act = newest.current[event.key.length === 1 ? event.key.toLowerCase() : event.key]
      if (act && act() !== false) event.preventDefault()
    }
    window.addEventListener('keydown', onKey, first)
    return () => window.removeEventListener('keydown', onKey, first)
  }, [first])
}

function isFree(event: KeyboardEvent): boolean {
  const { target } = event
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.repeat) return false
  if (document.querySelector('[role=dialog]') !== null) return false
  return !(
    target instanceof HTMLElement &&
    target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true], .cm-content') !== null
  )
}

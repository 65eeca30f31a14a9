'use client'
import { useCallback, useLayoutEffect, useRef } from 'react'

/** A function that stays the same while what it does is that of the last rendering: for rows that are drawn anew only when they changed. Not to be called while rendering. */
export function useStable<Arguments extends unknown[], Result>(latest: (...given: Arguments) => Result): (...given: Arguments) => Result {
  const held = useRef(latest)
  useLayoutEffect(() => {
    held.current = latest
  })
  return useCallback((...given: Arguments) => held.current(...given), [])
}

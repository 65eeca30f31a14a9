'use client'
import { useSearchParams } from 'next/navigation'
import { useCallback } from 'react'

type Change = Record<string, string | readonly string[] | null>

/**
 * State that lives in the address, so that people can paste what they see. A change stands in the address at once and asks the server for nothing; `params`
 * follow with the next drawing. Whoever has to know what stands there now reads `addressNow`.
 */
export function useUrlState() {
  const params = useSearchParams()
  const set = useCallback((change: Change) => {
    const next = addressNow()
    for (const [key, value] of Object.entries(change)) {
      next.delete(key)
      for (const one of typeof value === 'string' ? [value] : (value ?? [])) if (one !== '') next.append(key, one)
    }
    const query = next.toString()
    window.history.replaceState(null, '', query === '' ? window.location.pathname : `${window.location.pathname}?${query}`)
  }, [])
  return { params, set }
}

/** The address as the last change left it, which may be ahead of what is drawn. */
export function addressNow(): URLSearchParams {
  return new URLSearchParams(window.location.search)
}

'use client'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { useCallback } from 'react'

/** State that lives in the address, so that people can paste what they see. */
export function useUrlState() {
  const params = useSearchParams()
  const router = useRouter()
  const pathname = usePathname()
  const set = useCallback(
    (change: Record<string, string | readonly string[] | null>) => {
      const next = new URLSearchParams(params)
      for (const [key, value] of Object.entries(change)) {
        next.delete(key)
        for (const one of typeof value === 'string' ? [value] : (value ?? [])) if (one !== '') next.append(key, one)
      }
      const query = next.toString()
      router.replace(query === '' ? pathname : `${pathname}?${query}`, { scroll: false })
    },
    [params, router, pathname],
  )
  return { params, set }
}

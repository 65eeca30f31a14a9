'use client'
import { useEffect, useState } from 'react'

const KEY = 'workspace'

/** The workspace of the address; on pages of none the one that this tab was at before, undefined when it was at none yet. */
export function useWorkspaceId(pathname: string): { ofAddress: string | undefined; last: string | undefined } {
  const ofAddress = /^\/w\/([^/]+)/.exec(pathname)?.[1]
  const [last, setLast] = useState(ofAddress)
  useEffect(() => {
    if (ofAddress === undefined) return setLast((known) => known ?? sessionStorage.getItem(KEY) ?? undefined)
    sessionStorage.setItem(KEY, ofAddress)
    setLast(ofAddress)
  }, [ofAddress])
  return { ofAddress, last }
}

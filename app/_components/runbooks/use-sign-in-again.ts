'use client'
import { useEffect, useRef } from 'react'
import type { ActionError } from '#lib/client/use-action.ts'

/** Calls back when a start was refused until somebody signs in once more: what the place asked for need not be typed again, since its archives are here by then. */
export function useSignInAgain(error: ActionError | null, onSignIn: () => void): void {
  const latest = useRef(onSignIn)
  latest.current = onSignIn
  const isAsked = error?.code === 'sign_in_again'
  useEffect(() => {
    if (isAsked) latest.current()
  }, [isAsked])
}

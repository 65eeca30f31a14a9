'use client'
import { useCallback, useState } from 'react'

export interface ActionError {
  code: string
  message: string
  hint: string
}
type Result<T> = { ok: true; data: T } | { ok: false; error: ActionError }

/** Runs a server action and keeps whether it is under way and how it failed. */
export function useAction<I, T>(run: (input: I) => Promise<Result<T>>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ActionError | null>(null)
  const send = useCallback(
    async (input: I): Promise<T | null> => {
      setBusy(true)
      setError(null)
      try {
        const result = await run(input)
        if (result.ok) return result.data
        setError(result.error)
      } catch {
        setError({ code: 'unreachable', message: 'The console does not answer.', hint: 'Look whether it still runs, then try again.' })
      } finally {
        setBusy(false)
      }
      return null
    },
    [run],
  )
  return { send, busy, error, clear: useCallback(() => setError(null), []) }
}

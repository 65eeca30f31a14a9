'use client'
import { type DehydratedState, HydrationBoundary } from '@tanstack/react-query'
import { type ReactNode, useSyncExternalStore } from 'react'

const never = () => () => undefined

/** A page that comes with what it shows. It can be read before its code is there; until then nothing in it can be pressed, since nothing would happen. */
export function Ahead({ state, children }: { state: DehydratedState; children: ReactNode }) {
  const isAlive = useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
  return (
    <HydrationBoundary state={state}>
      <div className="ahead" inert={!isAlive}>
        {children}
      </div>
    </HydrationBoundary>
  )
}

'use client'
import { useEffect, useRef } from 'react'

interface Props {
  /** What the second press does, by its name: `Remove Team channel`. */
  label: string
  isAsked: boolean
  onAsk(isAsked: boolean): void
  isBusy: boolean
  onRemove(): void
}

/** A removal takes two presses; between them it can be let be, which has the focus then: a second press of the same key removes nothing. */
export function RemoveButtons({ label, isAsked, onAsk, isBusy, onRemove }: Props) {
  const first = useRef<HTMLButtonElement>(null)
  const keep = useRef<HTMLButtonElement>(null)
  const wasAsked = useRef(isAsked)
  useEffect(() => {
    if (wasAsked.current !== isAsked) (isAsked ? keep : first).current?.focus()
    wasAsked.current = isAsked
  }, [isAsked])
  if (!isAsked) {
    return (
      <button ref={first} type="button" className="btn sm" onClick={() => onAsk(true)}>
        Remove
      </button>
    )
  }
  return (
    <>
      <button type="button" className="btn sm d" disabled={isBusy} onClick={onRemove}>
        {label}
      </button>
      <button ref={keep} type="button" className="btn sm" onClick={() => onAsk(false)}>
        Keep it
      </button>
    </>
  )
}

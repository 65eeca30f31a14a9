'use client'

interface Props {
  /** What the second press does, by its name: `Remove Team channel`. */
  label: string
  isAsked: boolean
  onAsk(isAsked: boolean): void
  isBusy: boolean
  onRemove(): void
}

/** A removal takes two presses; between them it can be let be. */
export function RemoveButtons({ label, isAsked, onAsk, isBusy, onRemove }: Props) {
  if (!isAsked) {
    return (
      <button type="button" className="btn sm" onClick={() => onAsk(true)}>
        Remove
      </button>
    )
  }
  return (
    <>
      <button type="button" className="btn sm d" disabled={isBusy} onClick={onRemove}>
        {label}
      </button>
      <button type="button" className="btn sm" onClick={() => onAsk(false)}>
        Keep it
      </button>
    </>
  )
}

'use client'
import { type RefCallback, useCallback, useLayoutEffect, useRef } from 'react'

const CAN_HAVE_FOCUS = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled)'
const within = (list: HTMLElement) => [...list.querySelectorAll<HTMLElement>(CAN_HAVE_FOCUS)]

/**
 * For a list out of which rows are taken: when what had the focus goes away with its row, the focus goes to what is in its place now, or to the last there is. Gives
 * the ref of the list; it takes the focus itself (`tabIndex={-1}`) when nothing else is left.
 */
export function useFocusKept(): RefCallback<HTMLElement> {
  const list = useRef<HTMLElement>(null)
  const last = useRef<{ element: HTMLElement; at: number } | null>(null)
  useLayoutEffect(() => {
    const gone = last.current
    if (!list.current || gone === null || gone.element.isConnected || document.activeElement !== document.body) return
    last.current = null
    const left = within(list.current)
    ;(left[Math.min(Math.max(0, gone.at), left.length - 1)] ?? list.current).focus()
  })
  return useCallback((box) => {
    if (box === null) return
    list.current = box
    const onFocus = ({ target }: FocusEvent) => {
      last.current = { element: target as HTMLElement, at: within(box).indexOf(target as HTMLElement) }
    }
    // Who goes elsewhere is not called back. Of what is taken away this is not told, or told when it is gone; of a button that rests while it works it may be.
    const onBlur = ({ target }: FocusEvent) => {
      const left = target as HTMLElement
      queueMicrotask(() => {
        if (left.isConnected && document.activeElement !== left && !left.matches(':disabled')) last.current = null
      })
    }
    box.addEventListener('focusin', onFocus)
    box.addEventListener('focusout', onBlur)
    return () => {
      list.current = null
      box.removeEventListener('focusin', onFocus)
      box.removeEventListener('focusout', onBlur)
    }
  }, [])
}

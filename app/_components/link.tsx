'use client'
// biome-ignore lint/style/noRestrictedImports: here it is
import NextLink from 'next/link'
import { type ComponentProps, useState } from 'react'

/**
 * A link within the console. What it leads to is asked for when the pointer comes to it, not when it comes into sight: each page of a list of fifty jobs would
 * otherwise be asked for at once, just when the page that has the list becomes alive.
 */
export default function Link({ onMouseEnter, onTouchStart, ...props }: ComponentProps<typeof NextLink>) {
  const [isMeant, setMeant] = useState(false)
  return (
    <NextLink
      {...props}
      prefetch={isMeant ? null : false}
      onMouseEnter={(event) => {
        setMeant(true)
        onMouseEnter?.(event)
      }}
      onTouchStart={(event) => {
        setMeant(true)
        onTouchStart?.(event)
      }}
    />
  )
}

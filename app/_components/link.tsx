'use client'
// biome-ignore lint/style/noRestrictedImports: here it is
import NextLink from 'next/link'
import { useRouter } from 'next/navigation'
import { type ComponentProps, useState } from 'react'
import { useMayLeave } from '#lib/client/job-feed.tsx'

/**
 * A link within the console. What it leads to is asked for when the pointer comes to it, not when it comes into sight: each page of a list of fifty jobs would
 * otherwise be asked for at once, just when the page that has the list becomes alive.
 */
export default function Link({ onMouseEnter, onTouchStart, ...props }: ComponentProps<typeof NextLink>) {
  const [isMeant, setMeant] = useState(false)
  const router = useRouter()
  const mayLeave = useMayLeave()
  return (
    <NextLink
      {...props}
      prefetch={isMeant ? null : false}
      onNavigate={(event) => {
        const asked = mayLeave()
        if (asked === null) return
        event.preventDefault()
        void asked.then((may) => may && router.push(String(props.href)))
      }}
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

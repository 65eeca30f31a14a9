'use client'
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconMoon, IconSun } from '@tabler/icons-react'
import { ICON } from '../parts.tsx'

/** Changes between light and dark. */
export function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: true })
  const next = scheme === 'dark' ? 'light' : 'dark'
  return (
    <button type="button" className="ib" aria-label={`Switch to ${next}`} title={`Switch to ${next}`} onClick={() => setColorScheme(next)}>
      {scheme === 'dark' ? <IconSun {...ICON} /> : <IconMoon {...ICON} />}
    </button>
  )
}

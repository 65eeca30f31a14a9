'use client'
import { useHotkeys } from '@mantine/hooks'
import { usePathname } from 'next/navigation'
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from 'react'
import { JobFeedProvider } from '#lib/client/job-feed.tsx'
import { type Person, PersonProvider } from '#lib/client/person.tsx'
import type { Role } from '#lib/contracts/rights.ts'
import { JobBar } from '../job-bar.tsx'
import { Shortcuts } from '../shortcuts.tsx'
import { Me } from './me.tsx'
import { PhoneTabs } from './phone-tabs.tsx'
import { pageOf, sectionAt, sectionsOf } from './sections.ts'
import { SideNav } from './side-nav.tsx'
import { type NamedWorkspace, Switcher } from './switcher.tsx'
import { TopBar } from './top-bar.tsx'
import { useWorkspaceId } from './use-workspace-id.ts'

const FindAnything = lazy(() => import('../find-anything.tsx'))

interface ShellProps {
  workspaces: NamedWorkspace[]
  person: Person
  /** The person's role in each workspace. */
  roles: Readonly<Record<string, Role>>
  children: ReactNode
}

/** Sidebar, top bar, content and job bar around every page of the console. */
export function Shell({ workspaces, person, roles, children }: ShellProps) {
  const pathname = usePathname()
  const { ofAddress: id, last } = useWorkspaceId(pathname)
  const workspaceOf = (of: string | undefined) => workspaces.find((one) => one.id === of) ?? null
  const workspace = id === undefined ? (workspaceOf(last) ?? workspaces[0] ?? null) : workspaceOf(id)
  const sections = useMemo(() => sectionsOf(workspace?.id ?? null), [workspace])
  const current = sectionAt(sections, pathname)
  // Loaded when it is first wanted.
  const [asked, setAsked] = useState(0)
  const find = useCallback(() => setAsked((times) => times + 1), [])
  useHotkeys([
    ['/', find],
    ['mod + K', find],
  ])
  const switcher = <Switcher workspaces={workspaces} current={workspace} pathname={pathname} />
  return (
    <PersonProvider person={id === undefined ? person : { ...person, role: roles[id] ?? person.role }}>
      <JobFeedProvider>
        <a className="skip" href="#main">
          Skip to content
        </a>
        <div className="app">
          <SideNav sections={sections} current={current} switcher={switcher} me={<Me person={person} />} />
          <div className="col">
            <TopBar section={current} page={pageOf(pathname)} workspace={workspace?.name ?? null} switcher={switcher} onFind={find} />
            <main id="main" tabIndex={-1}>
              {children}
            </main>
            <JobBar workspaceId={workspace?.id ?? null} />
          </div>
          <PhoneTabs sections={sections} current={current} me={<Me person={person} />} />
        </div>
        <Suspense fallback={null}>
          {asked > 0 ? (
            <FindAnything
              workspaceId={(workspace?.id ?? null) as `ws_${string}` | null}
              entries={sections}
              workspaces={workspaces}
              asked={asked}
            />
          ) : null}
        </Suspense>
        <Shortcuts entries={sections} />
      </JobFeedProvider>
    </PersonProvider>
  )
}

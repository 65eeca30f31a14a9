'use client'
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import {
  IconActivity,
  IconArchive,
  IconCertificate,
  IconChartTreemap,
  IconGitCompare,
  IconHourglass,
  IconLayoutDashboard,
  IconLifebuoy,
  IconLogout,
  IconMoon,
  IconRestore,
  IconSearch,
  IconSettings,
  IconSun,
} from '@tabler/icons-react'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import { formatClock, formatDay } from '#lib/client/format.ts'
import { JobFeedProvider } from '#lib/client/job-feed.tsx'
import { type Person, PersonProvider } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { JobBar } from './job-bar.tsx'
import { ICON } from './parts.tsx'
import { Shortcuts } from './shortcuts.tsx'

const FindAnything = lazy(() => import('./find-anything.tsx'))

interface NamedWorkspace {
  id: string
  name: string
  root: string
}

interface NavEntry {
  href: string
  label: string
  Icon: typeof IconArchive
  /** The heading above it, of which it is the first entry. */
  group?: string
  /** It is current for every address below this one, not only for its own. */
  below?: string
  /** Only this exact address is current. */
  exact?: boolean
}

const navOf = (base: string): NavEntry[] => [
  { href: base, label: 'Overview', Icon: IconLayoutDashboard, exact: true },
  { href: `${base}/archives`, label: 'Archives', Icon: IconArchive },
  { href: `${base}/compare`, label: 'Compare', Icon: IconGitCompare },
  { href: `${base}/restore`, label: 'Restore', Icon: IconRestore },
  { href: `${base}/runbooks`, label: 'Runbooks', Icon: IconLifebuoy },
  { href: `${base}/retention`, label: 'Retention', Icon: IconHourglass, group: 'Keep' },
  { href: `${base}/disk`, label: 'Disk', Icon: IconChartTreemap },
  { href: `${base}/evidence`, label: 'Evidence', Icon: IconCertificate, group: 'Prove' },
  { href: `${base}/jobs`, label: 'Jobs', Icon: IconActivity },
]
const SETTINGS: NavEntry = { href: '/settings/workspaces', below: '/settings', label: 'Settings', Icon: IconSettings }

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
  const id = /^\/w\/([^/]+)/.exec(pathname)?.[1]
  const workspace = workspaces.find((one) => one.id === id) ?? workspaces[0] ?? null
  const entries = useMemo(() => [...(workspace ? navOf(`/w/${workspace.id}`) : []), SETTINGS], [workspace])
  // Loaded when it is first wanted.
  const [asked, setAsked] = useState(0)
  const find = useCallback(() => setAsked((times) => times + 1), [])
  useHotkeys([
    ['/', find],
    ['mod + K', find],
  ])
  const current = entries.findLast((entry) => (entry.exact ? pathname === entry.href : pathname.startsWith(entry.below ?? entry.href)))
  return (
    <PersonProvider person={id === undefined ? person : { ...person, role: roles[id] ?? person.role }}>
      <JobFeedProvider>
        <a className="skip" href="#main">
          Skip to content
        </a>
        <div className="app">
          <nav className="side" aria-label="Main">
            <Brand />
            <Switcher workspaces={workspaces} current={workspace} />
            <ul>
              {entries.map((entry) => (
                <li key={entry.href}>
                  {entry.group ? (
                    <span className="grp" aria-hidden="true">
                      {entry.group}
                    </span>
                  ) : null}
                  <Link href={entry.href} aria-label={entry.label} {...(entry === current ? { 'aria-current': 'page' } : {})}>
                    <entry.Icon {...ICON} />
                    {entry.label}
                    {entry.label === 'Retention' && workspace ? <WaitingCount workspaceId={workspace.id} /> : null}
                  </Link>
                </li>
              ))}
            </ul>
            <Me person={person} />
          </nav>
          <div className="col">
            <TopBar
              section={current ?? null}
              page={pageOf(pathname)}
              workspace={workspace?.name ?? null}
              switcher={<Switcher workspaces={workspaces} current={workspace} />}
              onFind={find}
            />
            <main id="main" tabIndex={-1}>
              {children}
            </main>
            <JobBar workspaceId={workspace?.id ?? null} />
          </div>
          <nav className="tabs" aria-label="Sections">
            {entries.map((entry) => (
              <Link key={entry.href} href={entry.href} {...(entry === current ? { 'aria-current': 'page' } : {})}>
                <entry.Icon {...ICON} size={20} />
                {entry.label}
              </Link>
            ))}
          </nav>
        </div>
        <Suspense fallback={null}>
          {asked > 0 ? (
            <FindAnything
              workspaceId={(workspace?.id ?? null) as `ws_${string}` | null}
              entries={entries}
              workspaces={workspaces}
              asked={asked}
            />
          ) : null}
        </Suspense>
        <Shortcuts entries={entries} />
      </JobFeedProvider>
    </PersonProvider>
  )
}

/** How many proposals wait for a decision; nothing when none does. */
function WaitingCount({ workspaceId }: { workspaceId: string }) {
  const { data } = useRead('listWaiting', {}, { refetchInterval: 60_000 })
  const count = data?.filter((one) => one.workspaceId === workspaceId && one.status === 'open').length ?? 0
  if (count === 0) return null
  return (
    <>
      <span className="sp" />
      <span className="tag hold" title="Waits for a lead">
        {count}
      </span>
    </>
  )
}

function Brand() {
  return (
    <div className="brand">
      <svg width="20" height="20" viewBox="0 0 20 20" fill="none" aria-hidden="true">
        <circle cx="10" cy="10" r="8.1" stroke="currentColor" strokeWidth="1.8" />
        <path d="M5.6 7.6h8.8M4.6 10.4h10.8M6.6 13.2h6.8" stroke="var(--accent-fill)" strokeWidth="1.8" strokeLinecap="round" />
      </svg>
      Orchive
    </div>
  )
}

function Switcher({ workspaces, current }: { workspaces: NamedWorkspace[]; current: NamedWorkspace | null }) {
  const router = useRouter()
  if (current === null) return null
  return (
    <div className="ws" title={current.root}>
      <select
        className="wsel"
        aria-label="Workspace"
        value={current.id}
        onChange={(event) => router.push(event.target.value === '' ? '/settings/workspaces/new' : `/w/${event.target.value}`)}
      >
        {workspaces.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
        <option value="">Add workspace…</option>
      </select>
    </div>
  )
}

function Me({ person }: { person: Person }) {
  const initials = person.name
    .split(/\s+/)
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase()
  return (
    <div className="me">
      <span className="av" aria-hidden="true">
        {initials}
      </span>
      <Link className="who" href="/settings/account" title="Your account">
        <span className="b ell">{person.name}</span>
        <span className="q">{person.role}</span>
      </Link>
      <SignOut />
    </div>
  )
}

function SignOut() {
  const leave = async () => {
    await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    window.location.assign('/sign-in')
  }
  return (
    <button type="button" className="ib" aria-label="Sign out" title="Sign out" onClick={() => void leave()}>
      <IconLogout {...ICON} />
    </button>
  )
}

/** What a page below a section is called. */
function pageOf(pathname: string): string | null {
  if (pathname.endsWith('/browse')) return 'Browse'
  if (/\/jobs\/[^/]+$/.test(pathname)) return 'Job'
  const proposal = /\/retention\/(P-\d+)$/.exec(pathname)?.[1]
  if (proposal) return `Proposal ${proposal}`
  if (pathname === '/settings/schedules') return 'Schedules'
  if (pathname === '/settings/retention') return 'Retention'
  if (pathname === '/settings/notifications') return 'Notifications'
  if (pathname === '/settings/people') return 'People'
  if (pathname === '/settings/account') return 'Account'
  if (pathname === '/settings/audit') return 'Audit'
  if (pathname === '/settings/api') return 'API'
  return pathname === '/settings/workspaces/new' ? 'Add workspace' : null
}

interface TopBarProps {
  section: NavEntry | null
  /** The page below the section; null on the section itself. */
  page: string | null
  workspace: string | null
  switcher: ReactNode
  onFind: () => void
}

function TopBar({ section, page, workspace, switcher, onFind }: TopBarProps) {
  const title = section?.label ?? 'Orchive'
  return (
    <>
      <header className="top">
        <div className="crumb">
          {workspace === null ? null : <span>{workspace} /</span>}
          {page === null || section === null ? (
            <b>{title}</b>
          ) : (
            <>
              <Link className="link" href={section.href}>
                {title}
              </Link>
              <span>/</span>
              <b>{page}</b>
            </>
          )}
        </div>
        <span className="sp" />
        <button type="button" className="find" onClick={onFind} aria-label="Find a page, an archive or a file">
          <IconSearch {...ICON} size={15} />
          Find a page, an archive or a file
          <span className="sp" />
          <span className="kbd">/</span>
        </button>
        <Clock />
        <SchemeButton />
      </header>
      <header className="mtop">
        <span className="n">
          {workspace === null ? <b>Orchive</b> : switcher}
          <span className="vh">{page ?? title}</span>
        </span>
        <SchemeButton />
        <SignOut />
      </header>
    </>
  )
}

function Clock() {
  const [now, setNow] = useState<string | null>(null)
  useEffect(() => {
    const tick = () => setNow(new Date().toISOString())
    tick()
    const timer = setInterval(tick, 10_000)
    return () => clearInterval(timer)
  }, [])
  if (now === null) return null
  return (
    <time className="q" dateTime={now}>
      {formatDay(now)}, {formatClock(now)} UTC
    </time>
  )
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: true })
  const next = scheme === 'dark' ? 'light' : 'dark'
  return (
    <button type="button" className="ib" aria-label={`Switch to ${next}`} title={`Switch to ${next}`} onClick={() => setColorScheme(next)}>
      {scheme === 'dark' ? <IconSun {...ICON} /> : <IconMoon {...ICON} />}
    </button>
  )
}

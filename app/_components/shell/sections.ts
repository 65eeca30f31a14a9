import {
  IconActivity,
  IconArchive,
  IconCertificate,
  IconChartTreemap,
  IconClipboardCheck,
  IconCopy,
  IconGitCompare,
  IconHourglass,
  IconLayoutDashboard,
  IconLifebuoy,
  IconListDetails,
  IconRestore,
  IconSettings,
} from '@tabler/icons-react'

/** A place of the console that the navigation leads to. */
export interface Section {
  href: string
  label: string
  Icon: typeof IconArchive
  /** The heading above it, of which it is the first entry. */
  group?: string
  /** It is current for every address below this one, not only for its own. */
  below?: string
  /** It is current for every address below this one, too. */
  also?: string
  /** Only this exact address is current. */
  exact?: boolean
  /** On a phone it stands in the row at the bottom; the others are behind More. */
  isFirstOnPhone?: boolean
}

/** All sections in their order; without a workspace those that need none. */
export function sectionsOf(workspaceId: string | null): Section[] {
  return workspaceId === null ? COMMON : [...ofWorkspace(`/w/${workspaceId}`), ...COMMON]
}

/** The section of an address; null when it is in none. */
export function sectionAt(sections: readonly Section[], pathname: string): Section | null {
  const prefixOf = ({ href, below }: Section) => below ?? href
  const isIn = ({ also }: Section) => also !== undefined && pathname.startsWith(also)
  const matching = sections.filter(
    (section) => (section.exact ? pathname === section.href : pathname.startsWith(prefixOf(section))) || isIn(section),
  )
  return matching.toSorted((a, b) => prefixOf(b).length - prefixOf(a).length)[0] ?? null
}

/** The address of another workspace's section that is as the one of an address; its Overview where that is of no workspace. */
export const sameSectionOf = (workspaceId: string, pathname: string): string =>
  `/w/${workspaceId}${/^\/w\/[^/]+(\/[a-z]+)/.exec(pathname)?.[1] ?? ''}`

const ofWorkspace = (base: string): Section[] => [
  { href: base, label: 'Overview', Icon: IconLayoutDashboard, exact: true, isFirstOnPhone: true },
  { href: `${base}/archives`, label: 'Archives', Icon: IconArchive, isFirstOnPhone: true },
  { href: `${base}/compare`, label: 'Compare', Icon: IconGitCompare },
  { href: `${base}/restore`, label: 'Restore', Icon: IconRestore },
  { href: `${base}/runbooks`, also: '/runbooks', label: 'Runbooks', Icon: IconLifebuoy, isFirstOnPhone: true },
  { href: `${base}/retention`, label: 'Retention', Icon: IconHourglass, group: 'Keep' },
  { href: '/approvals', label: 'Approvals', Icon: IconClipboardCheck, isFirstOnPhone: true },
  { href: `${base}/replicas`, label: 'Replicas', Icon: IconCopy },
  { href: `${base}/disk`, label: 'Disk', Icon: IconChartTreemap },
  { href: `${base}/evidence`, label: 'Evidence', Icon: IconCertificate, group: 'Prove' },
  { href: `${base}/jobs`, label: 'Jobs', Icon: IconActivity },
]

const COMMON: Section[] = [
  { href: '/settings/audit', label: 'Audit log', Icon: IconListDetails },
  { href: '/settings/workspaces', below: '/settings', label: 'Settings', Icon: IconSettings },
]

/** What a page below a section is called; null on the section itself. */
export function pageOf(pathname: string): string | null {
  const below = Object.keys(BELOW).find((end) => pathname.endsWith(end))
  if (below) return BELOW[below]!
  if (/\/jobs\/[^/]+$/.test(pathname)) return 'Job'
  if (/\/evidence\/drills\/[^/]+$/.test(pathname)) return 'Drill report'
  const proposal = /\/retention\/(P-\d+)$/.exec(pathname)?.[1]
  if (proposal) return `Proposal ${proposal}`
  const restore = /\/restore\/(R-\d+)$/.exec(pathname)?.[1]
  if (restore) return `Restore ${restore}`
  return PAGES[pathname] ?? null
}

/** By how their addresses end. */
const BELOW: Record<string, string> = {
  '/browse': 'Browse',
  '/archives/trash': 'Trash',
  '/evidence/recovery-sheet': 'Recovery sheet',
  '/runbooks/state': 'Corrupt state file',
  '/runbooks/host': 'Lost host',
}

const PAGES: Record<string, string> = {
  '/settings/repository': 'Repository',
  '/settings/schedules': 'Schedules',
  '/settings/retention': 'Retention',
  '/settings/notifications': 'Notifications',
  '/settings/people': 'People',
  '/settings/account': 'Account',
  '/settings/api': 'API',
  '/settings/workspaces/new': 'Add workspace',
}

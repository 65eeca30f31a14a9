/** What somebody asks of a lost host, as options of the command line: for the jobs that run it, and for whoever would type it. */
import { mapText } from '#lib/base/map-text.ts'
import type { HostRequest } from './host.ts'
import type { AskedOfAll, WholeHostRequest } from './whole-host.ts'

type HostOption = readonly [name: string, value?: string]

/** One workspace. */
export const hostOptions = (request: Omit<HostRequest, 'source' | 'archive'> & { archive?: string | undefined }): HostOption[] => [
  ...(request.workspace ? [['--workspace', request.workspace] as const] : []),
  ...(request.archive ? [['--archive', request.archive] as const] : []),
  ['--root', request.root || 'DIR'],
  ...askedOptions(request),
]

/** Several. */
export const wholeHostOptions = (request: Omit<WholeHostRequest, 'source'>): HostOption[] => [
  ...(request.workspaces.length === 0 ? [['--all'] as const] : request.workspaces.map((one) => ['--workspace', one] as const)),
  ...request.roots.map(({ workspace, root }) => ['--to', mapText({ from: workspace, to: root })] as const),
  ...(request.archive === null ? [] : [['--archive', request.archive] as const]),
  ...askedOptions(request),
]

const askedOptions = ({
  maps,
  rewriteConfig,
  leaveOut,
  ignoreSpace,
}: Omit<AskedOfAll, 'archive'> & { ignoreSpace: boolean }): HostOption[] => [
  ...maps.map((map) => ['--map', mapText(map)] as const),
  ...(rewriteConfig ? [['--rewrite-config'] as const] : []),
  ...leaveOut.map((key) => ['--leave-out', key] as const),
  ...(ignoreSpace ? [['--ignore-space'] as const] : []),
]

/** One word each, so that no value can be taken for an option. */
export const asArguments = (options: readonly HostOption[]): string[] =>
  options.map(([name, value]) => (value === undefined ? name : `${name}=${value}`))

/** As people type them. */
export const asTyped = (options: readonly HostOption[]): string[] =>
  options.flatMap(([name, value]) => (value === undefined ? [name] : [name, value]))

import type { JobKind } from './job.ts'

/** What one may do, apart from who one is; every service names the right it needs. */
export type Right =
  | 'list'
  | 'view-content'
  | 'back-up'
  | 'restore'
  | 'verify'
  | 'hold'
  | 'offload'
  | 'release-offload'
  | 'propose'
  | 'approve'
  | 'forget'
  | 'prune'
  | 'settings'
  | 'users'

/** What a token for a program can be given; people are managed by people alone. */
export const TOKEN_SCOPES = [
  'list',
  'view-content',
  'back-up',
  'restore',
  'verify',
  'hold',
  'offload',
  'release-offload',
  'propose',
  'approve',
  'forget',
  'prune',
  'settings',
] as const satisfies readonly Right[]

export const ROLES = ['viewer', 'operator', 'lead', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Roles that somebody can have in a single workspace. Admins are admins of the whole host. */
export const WORKSPACE_ROLES = ['none', 'viewer', 'operator', 'lead'] as const
export type WorkspaceRole = (typeof WORKSPACE_ROLES)[number]

/** The role matrix: the one place that says which role has which right. */
export const RIGHTS_OF: Record<Role, readonly Right[]> = {
  viewer: ['list'],
  operator: ['list', 'view-content', 'back-up', 'restore', 'verify', 'hold', 'offload', 'propose'],
  lead: [
    'list',
    'view-content',
    'back-up',
    'restore',
    'verify',
    'hold',
    'offload',
    'release-offload',
    'forget',
    'prune',
    'propose',
    'approve',
  ],
  admin: [
    'list',
    'view-content',
    'back-up',
    'restore',
    'verify',
    'hold',
    'offload',
    'release-offload',
    'propose',
    'approve',
    'forget',
    'prune',
    'settings',
    'users',
  ],
}

/** The weakest role of several, at least one. */
export function weakestOf(roles: readonly Role[]): Role {
  return ROLES.find((role) => roles.includes(role))!
}

/** What it takes to stop a job of each kind. */
export const RIGHT_TO_CANCEL: Record<JobKind, Right> = {
  backup: 'back-up',
  restore: 'restore',
  undo: 'restore',
  recover: 'restore',
  verify: 'verify',
  drill: 'verify',
  offload: 'offload',
  retention: 'approve',
  import: 'settings',
  prune: 'prune',
  heal: 'restore',
  replicate: 'back-up',
  migrate: 'settings',
  rebuild: 'settings',
}

import { expect, test } from 'vitest'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Role, WorkspaceRole } from '#lib/contracts/rights.ts'
import type { ServiceContext, Standing } from '../context.ts'
import { actorAbout } from './actor-about.ts'

const A = 'ws_00000000000000aa' as WorkspaceId
const B = 'ws_00000000000000bb' as WorkspaceId

/** Nothing is looked up: only workspaces are named. */
const roleAbout = (role: Role, standing: Partial<Standing> | null, input: unknown) =>
  actorAbout(
    {
      actor: {
        id: 'x',
        name: 'x',
        role,
        via: 'console',
        ...(standing ? { standing: { everywhere: true, inWorkspaces: new Map(), scope: null, only: null, ...standing } } : {}),
      },
    } as unknown as ServiceContext,
    input,
  ).role

const inB = (role: WorkspaceRole) => ({ inWorkspaces: new Map([[B, role]]) })

test.each<[string, Role, Partial<Standing> | null, unknown, Role]>([
  ['a shell has its role', 'admin', null, { workspaceId: A }, 'admin'],
  ['a role counts everywhere', 'lead', {}, { workspaceId: A }, 'lead'],
  ['another one in a workspace', 'lead', inB('viewer'), { workspaceId: B }, 'viewer'],
  ['a better one, too', 'viewer', inB('lead'), { request: { deep: [B] } }, 'lead'],
  ['the weakest of two workspaces', 'lead', inB('viewer'), { a: A, b: B }, 'viewer'],
  ['an admin is one everywhere', 'admin', inB('viewer'), { workspaceId: B }, 'admin'],
  ['the whole host for who is at home everywhere', 'lead', {}, {}, 'lead'],
  ['the whole host for who is not', 'lead', { everywhere: false }, {}, 'viewer'],
  ['the whole host for an admin’s token of one workspace', 'admin', { only: [A] }, {}, 'viewer'],
  ['that token in its workspace', 'admin', { only: [A] }, { workspaceId: A }, 'admin'],
])('%s', (_, role, standing, input, expected) => {
  expect(roleAbout(role, standing, input)).toBe(expected)
})

test.each<[string, Role, Partial<Standing>, unknown]>([
  ['none', 'lead', inB('none'), { workspaceId: B }],
  ['not named', 'lead', { everywhere: false }, { workspaceId: A }],
  ['beyond the token', 'admin', { only: [A] }, { workspaceId: B }],
  ['one of two', 'lead', inB('none'), [A, { x: B }]],
])('a workspace that is none of theirs ends the request: %s', (_, role, standing, input) => {
  expect(() => roleAbout(role, standing, input)).toThrow('has no role in the workspace')
})

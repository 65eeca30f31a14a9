import { expect, test } from 'vitest'
import { pageOf, sameSectionOf, sectionAt, sectionsOf } from './sections.ts'

const sections = sectionsOf('ws_1')
const labelAt = (pathname: string) => sectionAt(sections, pathname)?.label ?? null

test('every address has the section that it is in, the most particular one', () => {
  expect(labelAt('/w/ws_1')).toBe('Overview')
  expect(labelAt('/w/ws_1/archives/arc_1/browse')).toBe('Archives')
  expect(labelAt('/w/ws_1/retention/P-0001')).toBe('Retention')
  expect(labelAt('/runbooks/host')).toBe('Runbooks')
  expect(labelAt('/approvals')).toBe('Approvals')
  expect(labelAt('/settings/audit')).toBe('Audit log')
  expect(labelAt('/settings/people')).toBe('Settings')
  expect(labelAt('/somewhere')).toBe(null)
})

test('another workspace is looked at from where one is: its list, not an object of the first one', () => {
  expect(sameSectionOf('ws_2', '/w/ws_1/archives/arc_1/browse')).toBe('/w/ws_2/archives')
  expect(sameSectionOf('ws_2', '/w/ws_1')).toBe('/w/ws_2')
  expect(sameSectionOf('ws_2', '/settings/people')).toBe('/w/ws_2')
})

test('pages below a section say what they are; sections do not', () => {
  expect(pageOf('/w/ws_1/retention/P-0001')).toBe('Proposal P-0001')
  expect(pageOf('/settings/people')).toBe('People')
  expect(pageOf('/runbooks/host')).toBe('Lost host')
  for (const { href } of sections) expect(pageOf(href)).toBe(null)
})

test('without a workspace there are the sections that need none', () => {
  expect(sectionsOf(null).map(({ label }) => label)).toEqual(['Audit log', 'Settings'])
})

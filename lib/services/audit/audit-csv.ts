import type { AuditLine } from '#lib/contracts/audit.ts'

const COLUMNS = [
  'seq',
  'at',
  'actor',
  'role',
  'via',
  'address',
  'action',
  'objectKind',
  'objectId',
  'workspaceId',
  'detail',
  'previousHash',
  'hash',
] as const

/** The names of the columns (RFC 4180). */
export const CSV_HEAD = `${COLUMNS.join(',')}\r\n`

/** A line of the log as a line of CSV. What a spreadsheet would take for a formula begins with an apostrophe. */
export function csvLine(line: AuditLine): string {
  return `${COLUMNS.map((name) => cell(name === 'detail' ? JSON.stringify(line.detail) : line[name])).join(',')}\r\n`
}

function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

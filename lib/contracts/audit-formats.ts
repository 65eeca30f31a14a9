/** What an export of the audit log can be; without schemas beside it, since every start of the command line reads it. */
export const AUDIT_FORMATS = ['csv', 'json'] as const
export type AuditFormat = (typeof AUDIT_FORMATS)[number]

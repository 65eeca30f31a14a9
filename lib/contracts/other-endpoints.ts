import { z } from 'zod'
import { AuditFilterSchema } from './audit.ts'
import { AUDIT_FORMATS } from './audit-formats.ts'
import { ArchiveIdSchema } from './common.ts'
import { JobFeedSchema } from './job.ts'
import { LinkSightSchema, LookAtLinkInput, UseLinkInput } from './people.ts'
import type { Right } from './rights.ts'

export const SetUpInput = z.object({
  token: z.string().min(1, 'is missing').max(200),
  name: z.string().trim().min(1, 'is missing').max(120),
  email: z.email('is not an e-mail address').max(200),
  password: z.string().min(10, 'needs 10 characters or more').max(256),
})

export const DownloadInput = z.object({
  archive: ArchiveIdSchema,
  /** A file or folder; without it the whole archive. */
  path: z.string().max(20_000).optional(),
  format: z.enum(['tar', 'tar.zst', 'tar.gz']).default('tar.gz'),
})

export const AuditExportInput = AuditFilterSchema.extend({ format: z.enum(AUDIT_FORMATS).default('csv') })

/** An endpoint of `api/v1` that answers with a file or a stream, or that nobody has to be signed in for. */
export interface OtherEndpoint {
  method: 'get' | 'post'
  path: string
  summary: string
  /** Null: whoever holds the one-time token that is sent. */
  right: Right | null
  input: z.ZodType
  status: 200 | 201
  mediaType: string
  /** What is answered, where it is JSON; in an event stream, what each message holds. */
  output: z.ZodType | null
}

const JSON_TYPE = 'application/json'

/** What is not in `ENDPOINTS`: it has its own handlers, and no `Idempotency-Key`. */
export const OTHER_ENDPOINTS = {
  download: {
    method: 'get',
    path: '/archives/{archive}/download',
    summary: 'A file as it is; a folder, or without `path` the whole archive, as tar',
    right: 'view-content',
    input: DownloadInput,
    status: 200,
    mediaType: 'application/octet-stream',
    output: null,
  },
  jobEvents: {
    method: 'get',
    path: '/jobs/events',
    summary: 'Jobs as server-sent events: the full state on connect, then again after each change',
    right: 'list',
    input: z.object({}),
    status: 200,
    mediaType: 'text/event-stream',
    output: JobFeedSchema,
  },
  exportAudit: {
    method: 'get',
    path: '/audit/export',
    summary: 'The audit log as a file: CSV, or one JSON document a line',
    right: 'settings',
    input: AuditExportInput,
    status: 200,
    mediaType: 'application/octet-stream',
    output: null,
  },
  lookAtLink: {
    method: 'post',
    path: '/join/look',
    summary: 'What a one-time link is for; it stays good',
    right: null,
    input: LookAtLinkInput,
    status: 200,
    mediaType: JSON_TYPE,
    output: LinkSightSchema,
  },
  useLink: {
    method: 'post',
    path: '/join',
    summary: 'Make the account that a link invites to, or set the password that it is for; works once',
    right: null,
    input: UseLinkInput,
    status: 201,
    mediaType: JSON_TYPE,
    output: z.object({ email: z.string() }),
  },
  setUp: {
    method: 'post',
    path: '/set-up',
    summary: 'Make the first admin with the one-time token that the console prints; works once',
    right: null,
    input: SetUpInput,
    status: 201,
    mediaType: JSON_TYPE,
    output: z.object({ id: z.string() }),
  },
  openApi: {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    right: 'list',
    input: z.object({}),
    status: 200,
    mediaType: JSON_TYPE,
    output: null,
  },
} as const satisfies Record<string, OtherEndpoint>

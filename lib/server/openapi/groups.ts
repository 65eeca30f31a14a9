/** A chapter of the API: what its operations are about, and whose paths belong to it. */
export interface Group {
  name: string
  about: string
  paths: RegExp
}

/** In the order of the document; a path belongs to the first group that fits. */
export const GROUPS: readonly Group[] = [
  {
    name: 'Replicas',
    about: 'Copies at other places: a disk, an SFTP server, an S3-compatible store. Keys go in and never come out.',
    paths: /\/replica|\/copies$/,
  },
  {
    name: 'Archives',
    about: 'What was archived: lists, folders, searches, previews, downloads, and what is said about an archive.',
    paths:
      /^\/archives\/\{archive\}(\/(entries|find|preview|download|hold|release|acceptance))?$|\/(archives|find|history|backups|imports)$/,
  },
  {
    name: 'Compare',
    about: 'Two archives, or an archive and the live workspace: by file, by record, by line; and when a file broke.',
    paths: /\/(comparison|break)(\/|$)/,
  },
  {
    name: 'Restore',
    about: 'A restore is planned, then started with the digest of that plan, and can be taken back.',
    paths: /^\/restore|\/undo$/,
  },
  { name: 'Runbooks', about: 'A corrupt state file, a lost host.', paths: /\/runbooks\/|^\/(whole-)?host-/ },
  {
    name: 'Disk',
    about: 'What takes space on the live disk and when it is full; old files are archived, verified and only then deleted.',
    paths: /\/(disk|offload-plan|offloads|floor)$/,
  },
  {
    name: 'Retention',
    about: 'What is kept, what would go and why; proposals are approved as they stand.',
    paths: /\/retention|proposals/,
  },
  {
    name: 'Trash and prune',
    about: 'Forgotten archives wait in the trash; a prune frees the space.',
    paths: /\/(trash|forget|unforget|prune|prune-plan|prune-schedule)$/,
  },
  {
    name: 'Evidence',
    about: 'On which proofs it rests that archives are recoverable.',
    paths: /\/(evidence|recovery-sheet|proof-schedule|drill-report|verifications)$/,
  },
  { name: 'Jobs', about: 'Whatever takes long is a job: followed, stopped, read afterwards.', paths: /^\/jobs/ },
  { name: 'Schedules', about: 'When things happen by themselves.', paths: /schedule/ },
  { name: 'Workspaces', about: 'What is backed up, as the config resolves it now.', paths: /^\/workspace/ },
  {
    name: 'Repository',
    about: 'Where archives lie, and who can open them. Keys are for people who signed in a moment ago; a recovery key is shown once.',
    paths: /^\/repositor/,
  },
  { name: 'Notifications', about: 'Who is told what. Secrets go in and never come out.', paths: /^\/notifications/ },
  {
    name: 'People',
    about: 'Who can sign in, with which role, where; one-time links are shown once.',
    paths: /^\/(people|invitations|join|set-up|sign-in-provider)/,
  },
  { name: 'Account', about: 'Oneself: sessions and tokens.', paths: /^\/account/ },
  { name: 'Audit', about: 'Who did what to which object from where, chained by hashes.', paths: /^\/audit/ },
  { name: 'This document', about: 'The API as OpenAPI 3.1.', paths: /^\/openapi\.json$/ },
]

/** The chapter of a path below `/api/v1`. Throws when no chapter claims it. */
export function groupOf(path: string): Group {
  const group = GROUPS.find(({ paths }) => paths.test(path))
  if (!group) throw new Error(`${path} belongs to no chapter of the API: name one in groups.ts`)
  return group
}

import { z } from 'zod'
import {
  ArchiveDetailSchema,
  ArchiveKindSchema,
  ArchiveSummarySchema,
  FolderPageSchema,
  FoundSchema,
  PreviewSchema,
  RestorePlanSchema,
  RestoreRequestSchema,
  VersionSchema,
} from './archive.ts'
import { ArchiveIdSchema, GradeSchema, IsoTime, JobIdSchema, pageOf, WorkspaceIdSchema } from './common.ts'
import { BreakSchema, ComparisonSchema, RecordDiffSchema, SideIdSchema, TextDiffSchema } from './compare.ts'
import { DiskReportSchema, FreeFloorSchema, OffloadPlanSchema, OffloadPolicySchema, SetFloorInput } from './disk.ts'
import { DrillReportSchema } from './drill.ts'
import { EvidenceSchema, ProofScheduleSchema } from './evidence.ts'
import { HostPlanSchema, HostRequestSchema } from './host.ts'
import { JobLogLineSchema, JobSchema, JobStatusSchema } from './job.ts'
import { ChannelIdSchema, ChannelSchema, NotificationsSchema, SaveChannelInput, TestResultSchema } from './notify.ts'
import { CalendarDaySchema, OverviewSchema, RiskSchema, StorageSchema } from './overview.ts'
import { SalvageModeSchema, StatePlanSchema } from './recover.ts'
import {
  ApproveInput,
  DraftSchema,
  PolicyChangeSchema,
  ProposalIdSchema,
  ProposalSchema,
  ProposalSummarySchema,
  ProposeInput,
  RejectInput,
  RetentionPlanSchema,
  RetentionRulesSchema,
  RetentionSettingsSchema,
  SimulationSchema,
} from './retention.ts'
import type { Right } from './rights.ts'
import { RuntimeSchema } from './runtime.ts'
import { SchedulePreviewSchema, SetScheduleInput, WorkspaceScheduleSchema } from './schedule.ts'
import { ForgetInput, PruneReportSchema, StartPruneInput, TrashedSchema, UnforgetInput } from './trash.ts'
import { AddWorkspaceInput, WorkspaceDetailSchema, WorkspaceSchema } from './workspace.ts'

/** One endpoint of `api/v1`: the route handler, the OpenAPI document and the browser's fetcher are all made from this. */
export interface Endpoint<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  method: 'get' | 'post'
  /** Below `/api/v1`, path parameters in braces. */
  path: string
  summary: string
  right: Right
  /** Path parameters, query and body in one object. */
  input: I
  output: O
}

const endpoint = <I extends z.ZodType, O extends z.ZodType>(definition: Endpoint<I, O>): Endpoint<I, O> => definition

const cursor = z.string().max(500).optional()
const limit = z.coerce.number().int().min(1).max(500).optional()
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const archivePath = z.string().max(20_000)
const inWorkspace = z.object({ workspace: WorkspaceIdSchema })
const inArchive = z.object({ archive: ArchiveIdSchema })
/** A and B of a comparison. */
const sides = inWorkspace.extend({ a: SideIdSchema, b: SideIdSchema })

/** All JSON endpoints. Downloads and the event stream are described in docs/http-api.md. */
export const ENDPOINTS = {
  listWorkspaces: endpoint({
    method: 'get',
    path: '/workspaces',
    summary: 'All workspaces',
    right: 'list',
    input: z.object({}),
    output: z.array(WorkspaceSchema),
  }),
  showWorkspace: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}',
    summary: 'A workspace with its items as the config resolves them now',
    right: 'list',
    input: inWorkspace,
    output: WorkspaceDetailSchema,
  }),
  previewWorkspace: endpoint({
    method: 'post',
    path: '/workspace-previews',
    summary: 'What a root, its config, path maps and extra items would back up, without registering it',
    right: 'settings',
    input: AddWorkspaceInput,
    output: WorkspaceDetailSchema,
  }),
  showRuntime: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/runtime',
    summary: 'What the host file lets Orchive do with the orchestrator: commands, checks, path maps, problems',
    right: 'list',
    input: inWorkspace,
    output: RuntimeSchema,
  }),
  overview: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/overview',
    summary: 'Whether the workspace is recoverable now, and what needs a person',
    right: 'list',
    input: inWorkspace,
    output: OverviewSchema,
  }),
  risk: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/risk',
    summary: 'What changed on disk since the newest archive, by stat',
    right: 'list',
    input: inWorkspace,
    output: RiskSchema,
  }),
  evidence: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/evidence',
    summary: 'Whether the workspace is recoverable and on which proofs that rests; archives by keyset pages',
    right: 'list',
    input: inWorkspace.extend({ cursor, limit: z.coerce.number().int().min(1).max(200).optional() }),
    output: EvidenceSchema,
  }),
  proofSchedule: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/proof-schedule',
    summary: 'When archives of the workspace are verified and drilled by themselves, with the next runs',
    right: 'list',
    input: inWorkspace,
    output: ProofScheduleSchema,
  }),
  showSchedule: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/schedule',
    summary: 'When the workspace is backed up and proven by itself, with the next runs',
    right: 'list',
    input: inWorkspace,
    output: WorkspaceScheduleSchema,
  }),
  setSchedule: endpoint({
    method: 'post',
    path: '/workspaces/{workspace}/schedule',
    summary: 'Change when the workspace is backed up and proven by itself; what is left out stays',
    right: 'settings',
    input: inWorkspace.extend(SetScheduleInput.omit({ workspaceId: true }).shape),
    output: WorkspaceScheduleSchema,
  }),
  previewSchedule: endpoint({
    method: 'get',
    path: '/schedule-preview',
    summary: 'The next times of a cron expression in a time zone, or why it cannot be meant',
    right: 'list',
    input: z.object({
      schedule: z.string().trim().min(1).max(100),
      timeZone: z.string().trim().min(1).max(80),
      count: z.coerce.number().int().min(1).max(50).default(5),
    }),
    output: SchedulePreviewSchema,
  }),
  notifications: endpoint({
    method: 'get',
    path: '/notifications',
    summary: 'Who is told what, without secrets, and what was sent lately',
    right: 'settings',
    input: z.object({}),
    output: NotificationsSchema,
  }),
  saveChannel: endpoint({
    method: 'post',
    path: '/notifications/channels',
    summary: 'Add a channel, or change the one with the given id; secrets that are left out stay as they are',
    right: 'settings',
    input: SaveChannelInput,
    output: ChannelSchema,
  }),
  testChannel: endpoint({
    method: 'post',
    path: '/notifications/channels/{channel}/test',
    summary: 'Send a test through a channel now',
    right: 'settings',
    input: z.object({ channel: ChannelIdSchema }),
    output: TestResultSchema,
  }),
  removeChannel: endpoint({
    method: 'post',
    path: '/notifications/channels/{channel}/removal',
    summary: 'Remove a channel; what waited for it is not sent any more',
    right: 'settings',
    input: z.object({ channel: ChannelIdSchema }),
    output: z.object({ removed: z.string() }),
  }),
  freeFloor: endpoint({
    method: 'get',
    path: '/repository/floor',
    summary: 'How much has to stay free where archives lie; below it backups pause',
    right: 'list',
    input: z.object({}),
    output: FreeFloorSchema,
  }),
  setFreeFloor: endpoint({
    method: 'post',
    path: '/repository/floor',
    summary: 'Set how much has to stay free; 0 = backups never pause, null = the default',
    right: 'settings',
    input: SetFloorInput,
    output: FreeFloorSchema,
  }),
  calendar: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/calendar',
    summary: 'Archives by local day, newest last',
    right: 'list',
    input: inWorkspace.extend({ days: z.coerce.number().int().min(1).max(400).default(90) }),
    output: z.array(CalendarDaySchema),
  }),
  disk: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/disk',
    summary: 'What takes space, how fast it grows and when the disk is full',
    right: 'list',
    input: inWorkspace,
    output: DiskReportSchema,
  }),
  planOffload: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/offload-plan',
    summary: 'Which old files would leave the live disk, and what of them is found nowhere else; lists the first 500',
    right: 'list',
    input: inWorkspace.extend(OffloadPolicySchema.shape),
    output: OffloadPlanSchema,
  }),
  listArchives: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/archives',
    summary: 'Archives, newest first, by keyset pages',
    right: 'list',
    input: inWorkspace.extend({
      cursor,
      limit,
      kind: ArchiveKindSchema.optional(),
      grade: z.coerce.number().pipe(GradeSchema).optional(),
      held: flag.optional(),
      suspect: flag.optional(),
      from: IsoTime.optional(),
      to: IsoTime.optional(),
    }),
    output: pageOf(ArchiveSummarySchema),
  }),
  findInWorkspace: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/find',
    summary: 'Names over all archives of a workspace',
    right: 'list',
    input: inWorkspace.extend({ pattern: z.string().min(1).max(500), cursor, limit }),
    output: pageOf(FoundSchema),
  }),
  history: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/history',
    summary: 'Distinct versions of one path, newest first',
    right: 'list',
    input: inWorkspace.extend({ path: archivePath }),
    output: z.array(VersionSchema),
  }),
  compare: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/comparison',
    summary: 'How B differs from A: two archives, or an archive and the live workspace',
    right: 'list',
    input: sides.extend({ limit: z.coerce.number().int().min(0).max(20_000).default(2000) }),
    output: ComparisonSchema,
  }),
  compareRecords: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/comparison/records',
    summary: 'One JSON file of both sides by its records, secrets masked',
    right: 'view-content',
    input: sides.extend({ path: archivePath, limit: z.coerce.number().int().min(1).max(5000).default(500) }),
    output: RecordDiffSchema,
  }),
  compareText: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/comparison/text',
    summary: 'A window of one file of both sides as text, secrets masked',
    right: 'view-content',
    input: sides.extend({ path: archivePath, offset: z.coerce.number().int().min(0).default(0) }),
    output: TextDiffSchema,
  }),
  findBreak: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/break',
    summary: 'Between which two archives a file broke',
    right: 'view-content',
    input: inWorkspace.extend({ path: archivePath, condition: z.string().trim().min(1).max(2000).default('parses') }),
    output: BreakSchema,
  }),
  planState: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/runbooks/state',
    summary: 'How a corrupt state file would be recovered, without touching it',
    right: 'restore',
    input: inWorkspace.extend({ archive: ArchiveIdSchema.optional(), salvage: SalvageModeSchema.default('none') }),
    output: StatePlanSchema,
  }),
  planHost: endpoint({
    method: 'post',
    path: '/host-plans',
    summary: 'How a lost host would be brought back here; takes the repository over, or the exported archive in, and changes nothing else',
    right: 'settings',
    input: HostRequestSchema,
    output: HostPlanSchema,
  }),
  getArchive: endpoint({
    method: 'get',
    path: '/archives/{archive}',
    summary: 'One archive with items, rungs and findings',
    right: 'list',
    input: inArchive,
    output: ArchiveDetailSchema,
  }),
  listFolder: endpoint({
    method: 'get',
    path: '/archives/{archive}/entries',
    summary: 'One folder of an archive, by keyset pages',
    right: 'list',
    input: inArchive.extend({ path: archivePath.default(''), cursor, limit }),
    output: FolderPageSchema,
  }),
  findInArchive: endpoint({
    method: 'get',
    path: '/archives/{archive}/find',
    summary: 'Names within one archive',
    right: 'list',
    input: inArchive.extend({ pattern: z.string().min(1).max(500), cursor, limit }),
    output: pageOf(FoundSchema),
  }),
  preview: endpoint({
    method: 'get',
    path: '/archives/{archive}/preview',
    summary: 'A window of a file, secrets masked',
    right: 'view-content',
    input: inArchive.extend({ path: archivePath, offset: z.coerce.number().int().min(0).default(0) }),
    output: PreviewSchema,
  }),
  planRestore: endpoint({
    method: 'post',
    path: '/restore-plans',
    summary: 'What a restore would do, without doing it',
    right: 'restore',
    input: RestoreRequestSchema,
    output: RestorePlanSchema,
  }),
  retentionRules: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/retention',
    summary: 'What a workspace keeps, what of it is inherited, who has to agree and when proposals are raised',
    right: 'list',
    input: inWorkspace,
    output: RetentionRulesSchema,
  }),
  setRetention: endpoint({
    method: 'post',
    path: '/workspaces/{workspace}/retention',
    summary: 'Changes what a workspace keeps (null = as the default has it), who has to agree and when; nothing goes by that',
    right: 'settings',
    input: inWorkspace.extend({ policy: PolicyChangeSchema.optional(), settings: RetentionSettingsSchema.partial().optional() }),
    output: RetentionRulesSchema,
  }),
  simulateRetention: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/retention/simulation',
    summary: 'What the policy, or a draft of it, would do now and over the next year; from the catalog, without bytes',
    right: 'list',
    input: inWorkspace.extend(DraftSchema.shape),
    output: SimulationSchema,
  }),
  planRetention: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/retention/plan',
    summary: 'The plan of the policy, or of a draft, with bytes measured in the repository and what would be found nowhere else',
    right: 'list',
    input: inWorkspace.extend(DraftSchema.shape),
    output: RetentionPlanSchema,
  }),
  listProposals: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/proposals',
    summary: 'Retention proposals of a workspace, newest first, by keyset pages',
    right: 'list',
    input: inWorkspace.extend({ cursor, limit: z.coerce.number().int().min(1).max(200).optional() }),
    output: pageOf(ProposalSummarySchema),
  }),
  propose: endpoint({
    method: 'post',
    path: '/workspaces/{workspace}/proposals',
    summary: 'Freezes the plan of the policy, or of a draft, as a proposal',
    right: 'propose',
    input: inWorkspace.extend(ProposeInput.omit({ workspaceId: true }).shape),
    output: ProposalSchema,
  }),
  listWaiting: endpoint({
    method: 'get',
    path: '/proposals',
    summary: 'Proposals of all workspaces that wait for a decision or for being applied, oldest first',
    right: 'list',
    input: z.object({}),
    output: z.array(ProposalSummarySchema),
  }),
  getProposal: endpoint({
    method: 'get',
    path: '/proposals/{proposal}',
    summary: 'One proposal with its frozen plan, as it stands now, and what you may do about it',
    right: 'list',
    input: z.object({ proposal: ProposalIdSchema }),
    output: ProposalSchema,
  }),
  approveProposal: endpoint({
    method: 'post',
    path: '/proposals/{proposal}/approval',
    summary: 'Approves exactly the plan with this digest, and starts the job that carries it out',
    right: 'approve',
    input: ApproveInput,
    output: z.object({ jobId: JobIdSchema }),
  }),
  rejectProposal: endpoint({
    method: 'post',
    path: '/proposals/{proposal}/rejection',
    summary: 'Rejects a proposal with a reason: nothing goes',
    right: 'approve',
    input: RejectInput,
    output: ProposalSchema,
  }),
  listJobs: endpoint({
    method: 'get',
    path: '/jobs',
    summary: 'Jobs, newest first, by keyset pages',
    right: 'list',
    input: z.object({ cursor, limit, status: JobStatusSchema.optional(), workspaceId: WorkspaceIdSchema.optional() }),
    output: pageOf(JobSchema),
  }),
  getJob: endpoint({
    method: 'get',
    path: '/jobs/{job}',
    summary: 'One job with progress, findings and result',
    right: 'list',
    input: z.object({ job: JobIdSchema }),
    output: JobSchema,
  }),
  drillReport: endpoint({
    method: 'get',
    path: '/jobs/{job}/drill-report',
    summary: 'What a drill did and found, step by step',
    right: 'list',
    input: z.object({ job: JobIdSchema }),
    output: DrillReportSchema,
  }),
  jobLog: endpoint({
    method: 'get',
    path: '/jobs/{job}/log',
    summary: 'The log of a job',
    right: 'list',
    input: z.object({ job: JobIdSchema }),
    output: z.array(JobLogLineSchema),
  }),
  listTrash: endpoint({
    method: 'get',
    path: '/workspaces/{workspace}/trash',
    summary: 'Archives that were forgotten and can still be taken back, the one forgotten last first',
    right: 'list',
    input: inWorkspace,
    output: z.array(TrashedSchema),
  }),
  forgetArchive: endpoint({
    method: 'post',
    path: '/archives/{archive}/forget',
    summary: 'Moves an archive to the trash; refused with `archive_kept` when it has to stay',
    right: 'forget',
    input: inArchive.extend({ reason: ForgetInput.shape.reason }),
    output: z.object({ forgotten: z.array(ArchiveIdSchema) }),
  }),
  unforgetArchive: endpoint({
    method: 'post',
    path: '/archives/{archive}/unforget',
    summary: 'Takes an archive back out of the trash',
    right: 'forget',
    input: inArchive.extend({ reason: UnforgetInput.shape.reason }),
    output: ArchiveDetailSchema,
  }),
  planPrune: endpoint({
    method: 'get',
    path: '/repository/prune-plan',
    summary: 'What a prune would do now, measured; changes nothing',
    right: 'list',
    input: z.object({ graceDays: z.coerce.number().min(0).max(36_500).optional() }),
    output: z.array(PruneReportSchema),
  }),
  startPrune: endpoint({
    method: 'post',
    path: '/repository/prune',
    summary: 'Starts a prune as a job; `graceDays` 0 takes away at once what is in the trash',
    right: 'prune',
    input: StartPruneInput,
    output: z.object({ jobId: JobIdSchema }),
  }),
  repositoryStats: endpoint({
    method: 'get',
    path: '/repository',
    summary: 'Where archives live and how much is there',
    right: 'list',
    input: z.object({}),
    output: StorageSchema,
  }),
} as const

import type { z } from 'zod'
import type { EndpointName } from '#lib/contracts/addresses.ts'
import type { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { archiveCalendar } from '#lib/services/archives/archive-calendar.ts'
import { findNames, getArchive, listArchives, listFolder, pageHistory } from '#lib/services/archives/read-archives.ts'
import { startBackup } from '#lib/services/archives/start-backup.ts'
import { readAudit } from '#lib/services/audit/read-audit.ts'
import { checkAuditInChild } from '#lib/services/console/audit.ts'
import { compareInChild, compareRecordsInChild, compareTextInChild, findBreakInChild } from '#lib/services/console/compare.ts'
import { planOffloadInChild, reportDiskInChild } from '#lib/services/console/disk.ts'
import { previewFile } from '#lib/services/console/preview-file.ts'
import { planStateInChild } from '#lib/services/console/recover.ts'
import { recoverySheetInChild } from '#lib/services/console/recovery-sheet.ts'
import { estimateInChild } from '#lib/services/console/replicas.ts'
import {
  addRepositoryKey,
  changeRepositoryPassphrase,
  initRepository,
  renameRepositoryKey,
  revokeRepositoryKey,
  startMigration,
  unlockRepository,
} from '#lib/services/console/repository-keys.ts'
import { planRetentionInChild, proposeInChild } from '#lib/services/console/retention.ts'
import { forgetInChild, planPruneInChild, unforgetInChild } from '#lib/services/console/trash.ts'
import {
  acceptInChild,
  addWorkspaceInChild,
  countRiskInChild,
  holdInChild,
  planHostInChild,
  planRestoreInChild,
  planWholeHostInChild,
  previewWorkspaceInChild,
  releaseInChild,
  showWorkspaceInChild,
} from '#lib/services/console/verbs.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { setFloor, showFloor } from '#lib/services/disk/free-floor.ts'
import { startOffload } from '#lib/services/disk/start-offload.ts'
import { getEvidence } from '#lib/services/evidence/get-evidence.ts'
import { startImport } from '#lib/services/import/start-import.ts'
import { cancelJob } from '#lib/services/jobs/cancel-job.ts'
import { getJob, getJobLog, listJobs } from '#lib/services/jobs/read-jobs.ts'
import { removeChannel, saveChannel, showNotifications, testChannel } from '#lib/services/notify/channels.ts'
import { getOverview } from '#lib/services/overview/get-overview.ts'
import { getAccount, listSessionsOf, revokeSession } from '#lib/services/people/account.ts'
import { invite, makePasswordLink } from '#lib/services/people/links.ts'
import { changePerson, endTwoStep, listPeople, withdrawInvitation } from '#lib/services/people/people.ts'
import { makeToken, revokeToken } from '#lib/services/people/tokens.ts'
import { lookAtSource } from '#lib/services/recover/look-at-source.ts'
import { startRecoverHost } from '#lib/services/recover/start-recover-host.ts'
import { startRecoverState } from '#lib/services/recover/start-recover-state.ts'
import { startRecoverWholeHost } from '#lib/services/recover/start-recover-whole-host.ts'
import { addReplica } from '#lib/services/replicas/add-replica.ts'
import { acknowledgeTampering, changeReplica, removeReplica } from '#lib/services/replicas/save-replica.ts'
import { showArchiveCopies, showReplicas } from '#lib/services/replicas/show-replicas.ts'
import { startReplicate } from '#lib/services/replicas/start-replicate.ts'
import { testReplica } from '#lib/services/replicas/test-place.ts'
import { listRepositories } from '#lib/services/repository/list-repositories.ts'
import { repositoryStats } from '#lib/services/repository/repository-stats.ts'
import { startDetach } from '#lib/services/repository/start-detach.ts'
import { startHeal } from '#lib/services/repository/start-heal.ts'
import { startPrune } from '#lib/services/repository/start-prune.ts'
import { askRestoreApproval, getRestoreApproval, listRestoreApprovals } from '#lib/services/restore/approvals.ts'
import { approveRestore, rejectRestore } from '#lib/services/restore/decide-approval.ts'
import { setRestoreRules, showRestoreRules } from '#lib/services/restore/second-person.ts'
import { startRestore } from '#lib/services/restore/start-restore.ts'
import { startUndo } from '#lib/services/restore/start-undo.ts'
import { approveProposal, rejectProposal, resumeProposal } from '#lib/services/retention/decide-proposal.ts'
import { simulateRetention } from '#lib/services/retention/plan-workspace.ts'
import { getProposal, listProposals, listWaiting } from '#lib/services/retention/proposals.ts'
import { setDefault, setRetention, showDefault, showRules } from '#lib/services/retention/rules.ts'
import { showProofSchedule } from '#lib/services/schedule/proof-schedule.ts'
import { setPruneSchedule, showPruneSchedule } from '#lib/services/schedule/prune-schedule.ts'
import { previewSchedule, setSchedule, showSchedule } from '#lib/services/schedule/workspace-schedule.ts'
import { removeSignInProvider, setSignInProvider, signInSettings } from '#lib/services/sign-in/provider.ts'
import { listTrash } from '#lib/services/trash/list-trash.ts'
import { getDrillReport } from '#lib/services/verify/drill-report.ts'
import { startVerify } from '#lib/services/verify/start-verify.ts'
import { listWorkspaces, removeWorkspace, updateWorkspace } from '#lib/services/workspaces/change-workspace.ts'
import { showRuntime } from '#lib/services/workspaces/show-runtime.ts'

type Input<Name extends EndpointName> = z.output<(typeof ENDPOINTS)[Name]['input']>
type Output<Name extends EndpointName> = z.output<(typeof ENDPOINTS)[Name]['output']>

/** The signal fires when nobody waits for the answer any more. */
type Verb<Name extends EndpointName> = (
  ctx: ServiceContext,
  input: Input<Name>,
  signal: AbortSignal,
) => Promise<Output<Name>> | Output<Name>

/** What each endpoint does: one verb of the services. */
export const VERBS: { readonly [Name in EndpointName]: Verb<Name> } = {
  listWorkspaces: (ctx) => listWorkspaces(ctx),
  showWorkspace: (ctx, { workspace }, signal) => showWorkspaceInChild(ctx, workspace, signal),
  previewWorkspace: previewWorkspaceInChild,
  showRuntime: (ctx, { workspace }) => showRuntime(ctx, workspace),
  overview: (ctx, { workspace }) => getOverview(ctx, workspace),
  risk: (ctx, { workspace }, signal) => countRiskInChild(ctx, workspace, signal),
  evidence: (ctx, { workspace, cursor, limit }) => getEvidence(ctx, { workspaceId: workspace, cursor, limit }),
  recoverySheet: (ctx, { workspace }, signal) => recoverySheetInChild(ctx, workspace, signal),
  proofSchedule: (ctx, { workspace }) => showProofSchedule(ctx, workspace),
  showSchedule: (ctx, { workspace }) => showSchedule(ctx, workspace),
  setSchedule: (ctx, { workspace, ...change }) => setSchedule(ctx, { workspaceId: workspace, ...change }),
  previewSchedule,
  notifications: showNotifications,
  saveChannel,
  testChannel,
  removeChannel,
  listReplicas: (ctx, { workspace }) => showReplicas(ctx, { workspaceId: workspace }),
  addReplica,
  changeReplica,
  removeReplica,
  testReplica,
  estimateReplica: estimateInChild,
  startSync: startReplicate,
  acknowledgeReplica: acknowledgeTampering,
  archiveCopies: (ctx, { archive }) => showArchiveCopies(ctx, { archiveId: archive }),
  freeFloor: showFloor,
  setFreeFloor: setFloor,
  calendar: (ctx, { workspace, days }) => archiveCalendar(ctx, { workspaceId: workspace, days }),
  disk: (ctx, { workspace }, signal) => reportDiskInChild(ctx, workspace, signal),
  planOffload: (ctx, { workspace, ...policy }, signal) => planOffloadInChild(ctx, workspace, policy, signal),
  listArchives: (ctx, { workspace, ...filter }) => listArchives(ctx, { workspaceId: workspace, ...filter }),
  findInWorkspace: (ctx, { workspace, ...search }) => findNames(ctx, { workspaceId: workspace, ...search }),
  history: (ctx, { workspace, archive, ...input }) => pageHistory(ctx, { workspaceId: workspace, archiveId: archive, ...input }),
  compare: compareInChild,
  compareRecords: compareRecordsInChild,
  compareText: compareTextInChild,
  findBreak: (ctx, { workspace, path, condition }, signal) => findBreakInChild(ctx, { workspaceId: workspace, path, condition }, signal),
  planState: (ctx, { workspace, archive, salvage }, signal) =>
    planStateInChild(ctx, { workspaceId: workspace, archiveId: archive ?? null, salvage }, signal),
  lookAtSource,
  planHost: planHostInChild,
  planWholeHost: planWholeHostInChild,
  getArchive: (ctx, { archive }) => getArchive(ctx, archive),
  listFolder: (ctx, { archive, ...folder }) => listFolder(ctx, { archiveId: archive, ...folder }),
  findInArchive: (ctx, { archive, ...search }) => findNames(ctx, { archiveId: archive, ...search }),
  preview: (ctx, { archive, path, offset }, signal) => previewFile(ctx, { archiveId: archive, path, offset }, signal),
  planRestore: planRestoreInChild,
  retentionRules: (ctx, { workspace }) => showRules(ctx, workspace),
  setRetention: (ctx, { workspace, ...change }) => setRetention(ctx, { workspaceId: workspace, ...change }),
  retentionDefault: showDefault,
  setRetentionDefault: setDefault,
  simulateRetention: (ctx, { workspace, ...draft }) => simulateRetention(ctx, workspace, draft),
  planRetention: (ctx, { workspace, ...draft }, signal) => planRetentionInChild(ctx, workspace, draft, signal),
  listProposals: (ctx, { workspace, cursor, limit }) => listProposals(ctx, { workspaceId: workspace, cursor, limit }),
  propose: (ctx, { workspace, ...input }) => proposeInChild(ctx, { workspaceId: workspace, ...input }),
  listWaiting: (ctx) => listWaiting(ctx, null),
  getProposal: (ctx, { proposal }) => getProposal(ctx, proposal),
  approveProposal,
  rejectProposal,
  listJobs: (ctx, filter) => listJobs(ctx, filter),
  getJob: (ctx, { job }) => getJob(ctx, job),
  drillReport: (ctx, { job }) => getDrillReport(ctx, job),
  jobLog: (ctx, { job, cursor, limit }) => getJobLog(ctx, job, { cursor, limit }),
  listTrash: (ctx, { workspace, cursor, limit }) => listTrash(ctx, { workspaceId: workspace, cursor, limit }),
  forgetArchive: (ctx, { archive, reason }) => forgetInChild(ctx, { archiveId: archive, reason }),
  unforgetArchive: (ctx, { archive, reason }) => unforgetInChild(ctx, { archiveId: archive, reason }),
  planPrune: planPruneInChild,
  startPrune,
  pruneSchedule: showPruneSchedule,
  setPruneSchedule,
  startDetach,
  startHeal,
  listRepositories: (ctx) => listRepositories(ctx),
  initRepository,
  addRepositoryKey,
  renameRepositoryKey,
  revokeRepositoryKey,
  changeRepositoryPassphrase,
  unlockRepository,
  startMigration,
  repositoryStats: (ctx) => repositoryStats(ctx),
  signInSettings,
  setSignInProvider,
  removeSignInProvider,
  listPeople,
  changePerson,
  makePasswordLink,
  endTwoStep,
  listSessions: listSessionsOf,
  revokeSession,
  invite,
  withdrawInvitation,
  account: (ctx) => getAccount(ctx, null),
  makeToken,
  revokeToken,
  listAudit: readAudit,
  checkAudit: (ctx, _, signal) => checkAuditInChild(ctx, signal),
  startBackup: (ctx, { workspace, ...input }) => startBackup(ctx, { ...input, workspaceId: workspace }),
  startImport: (ctx, { workspace, path }) => startImport(ctx, { workspaceId: workspace, path }),
  startVerify: (ctx, { archive, level }) => startVerify(ctx, { archiveId: archive, level }),
  startRestore,
  restoreRules: (ctx, { workspace }) => showRestoreRules(ctx, workspace),
  setRestoreRules: (ctx, { workspace, secondPerson }) => setRestoreRules(ctx, { workspaceId: workspace, secondPerson }),
  listRestoreApprovals: (ctx) => listRestoreApprovals(ctx, null),
  askRestoreApproval,
  getRestoreApproval: (ctx, { approval }) => getRestoreApproval(ctx, approval),
  approveRestore,
  rejectRestore,
  startUndo: (ctx, { job, ...input }) => startUndo(ctx, { ...input, jobId: job }),
  cancelJob: (ctx, { job }) => cancelJob(ctx, { jobId: job }),
  startRecoverState: (ctx, { workspace, ...input }) => startRecoverState(ctx, { ...input, workspaceId: workspace }),
  startRecoverHost,
  startRecoverWholeHost,
  startOffload: (ctx, { workspace, ...input }) => startOffload(ctx, { ...input, workspaceId: workspace }),
  resumeProposal,
  holdArchive: (ctx, { archive, ...input }) => holdInChild(ctx, { ...input, archiveId: archive }),
  releaseArchive: (ctx, { archive }) => releaseInChild(ctx, { archiveId: archive }),
  acceptArchive: (ctx, { archive, reason }) => acceptInChild(ctx, { archiveId: archive, reason }),
  addWorkspace: addWorkspaceInChild,
  updateWorkspace: (ctx, { workspace, ...input }) => updateWorkspace(ctx, { ...input, workspaceId: workspace }),
  removeWorkspace: (ctx, { workspace }) => removeWorkspace(ctx, { workspaceId: workspace }),
}

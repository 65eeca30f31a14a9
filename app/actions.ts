'use server'
import { z } from 'zod'
import { MarkInput } from '#lib/contracts/archive.ts'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'
import { SetFloorInput } from '#lib/contracts/disk.ts'
import { StartHealInput } from '#lib/contracts/heal.ts'
import { LookAtSourceInput } from '#lib/contracts/host.ts'
import { ChannelIdSchema, SaveChannelInput } from '#lib/contracts/notify.ts'
import {
  ChangePersonInput,
  InvitationInput,
  InviteInput,
  MakeTokenInput,
  PersonIdSchema,
  PersonInput,
  TokenInput,
} from '#lib/contracts/people.ts'
import {
  AcknowledgeReplicaInput,
  AddReplicaInput,
  ChangeReplicaInput,
  ReplicaIdSchema,
  StartSyncInput,
  TestReplicaInput,
} from '#lib/contracts/replica.ts'
import {
  AddRepositoryKeyInput,
  ChangePassphraseInput,
  DetachPlaceInput,
  InitRepositoryInput,
  RenameRepositoryKeyInput,
  RepositorySlotInput,
  StartMigrationInput,
  UnlockRepositoryInput,
} from '#lib/contracts/repository-keys.ts'
import { ApproveRestoreInput, AskRestoreApprovalInput, RejectRestoreInput, SetRestoreRulesInput } from '#lib/contracts/restore-approval.ts'
import {
  ApproveInput,
  PolicyChangeSchema,
  ProposalIdSchema,
  ProposeInput,
  RejectInput,
  RetentionSettingsSchema,
  SetRetentionDefaultInput,
} from '#lib/contracts/retention.ts'
import { SetPruneScheduleInput, SetScheduleInput } from '#lib/contracts/schedule.ts'
import { SetSignInProviderInput } from '#lib/contracts/sign-in.ts'
import { ForgetInput, StartPruneInput, UnforgetInput } from '#lib/contracts/trash.ts'
import { StartRecoverWholeHostInput } from '#lib/contracts/whole-host.ts'
import {
  AcceptInput,
  CancelJobInput,
  ReleaseInput,
  RemoveWorkspaceInput,
  StartBackupInput,
  StartImportInput,
  StartOffloadInput,
  StartRecoverHostInput,
  StartRecoverStateInput,
  StartRestoreInput,
  StartUndoInput,
  StartVerifyInput,
  UpdateWorkspaceInput,
} from '#lib/contracts/work.ts'
import { AddWorkspaceInput } from '#lib/contracts/workspace.ts'
import { action } from '#lib/server/action.ts'
import * as backups from '#lib/services/archives/start-backup.ts'
import * as keys from '#lib/services/console/repository-keys.ts'
import * as retention from '#lib/services/console/retention.ts'
import * as trash from '#lib/services/console/trash.ts'
import * as console from '#lib/services/console/verbs.ts'
import * as floor from '#lib/services/disk/free-floor.ts'
import * as offloads from '#lib/services/disk/start-offload.ts'
import * as imports from '#lib/services/import/start-import.ts'
import * as jobs from '#lib/services/jobs/cancel-job.ts'
import * as channels from '#lib/services/notify/channels.ts'
import * as accounts from '#lib/services/people/account.ts'
import * as links from '#lib/services/people/links.ts'
import * as people from '#lib/services/people/people.ts'
import * as tokens from '#lib/services/people/tokens.ts'
import * as sources from '#lib/services/recover/look-at-source.ts'
import * as hostRunbook from '#lib/services/recover/start-recover-host.ts'
import * as stateRunbook from '#lib/services/recover/start-recover-state.ts'
import * as wholeHostRunbook from '#lib/services/recover/start-recover-whole-host.ts'
import * as added from '#lib/services/replicas/add-replica.ts'
import * as replicas from '#lib/services/replicas/save-replica.ts'
import * as syncs from '#lib/services/replicas/start-replicate.ts'
import * as places from '#lib/services/replicas/test-place.ts'
import * as attached from '#lib/services/repository/start-detach.ts'
import * as heals from '#lib/services/repository/start-heal.ts'
import * as prunes from '#lib/services/repository/start-prune.ts'
import * as restoreApprovals from '#lib/services/restore/approvals.ts'
import * as restoreDecisions from '#lib/services/restore/decide-approval.ts'
import * as secondPerson from '#lib/services/restore/second-person.ts'
import * as restores from '#lib/services/restore/start-restore.ts'
import * as undos from '#lib/services/restore/start-undo.ts'
import * as proposals from '#lib/services/retention/decide-proposal.ts'
import * as rules from '#lib/services/retention/rules.ts'
import * as pruneSchedule from '#lib/services/schedule/prune-schedule.ts'
import * as schedules from '#lib/services/schedule/workspace-schedule.ts'
import * as provider from '#lib/services/sign-in/provider.ts'
import * as verifies from '#lib/services/verify/start-verify.ts'
import * as workspaces from '#lib/services/workspaces/change-workspace.ts'

const Retention = z.object({
  workspaceId: WorkspaceIdSchema,
  policy: PolicyChangeSchema.optional(),
  settings: RetentionSettingsSchema.partial().optional(),
})

export const startBackup = action('startBackup', StartBackupInput, backups.startBackup)
export const startImport = action('startImport', StartImportInput, imports.startImport)
export const startVerify = action('startVerify', StartVerifyInput, verifies.startVerify)
export const startRestore = action('startRestore', StartRestoreInput, restores.startRestore)
export const setRestoreRules = action('setRestoreRules', SetRestoreRulesInput, secondPerson.setRestoreRules)
export const askRestoreApproval = action('askRestoreApproval', AskRestoreApprovalInput, restoreApprovals.askRestoreApproval)
export const approveRestore = action('approveRestore', ApproveRestoreInput, restoreDecisions.approveRestore)
export const rejectRestore = action('rejectRestore', RejectRestoreInput, restoreDecisions.rejectRestore)
export const startUndo = action('startUndo', StartUndoInput, undos.startUndo)
export const startRecoverState = action('startRecoverState', StartRecoverStateInput, stateRunbook.startRecoverState)
export const lookAtSource = action('lookAtSource', LookAtSourceInput, sources.lookAtSource)
export const startRecoverHost = action('startRecoverHost', StartRecoverHostInput, hostRunbook.startRecoverHost)
export const startRecoverWholeHost = action('startRecoverWholeHost', StartRecoverWholeHostInput, wholeHostRunbook.startRecoverWholeHost)
export const startOffload = action('startOffload', StartOffloadInput, offloads.startOffload)
export const proposeRetention = action('propose', ProposeInput, retention.proposeInChild)
export const approveProposal = action('approveProposal', ApproveInput, proposals.approveProposal)
export const resumeProposal = action('resumeProposal', z.object({ proposal: ProposalIdSchema }), proposals.resumeProposal)
export const rejectProposal = action('rejectProposal', RejectInput, proposals.rejectProposal)
export const setSignInProvider = action('setSignInProvider', SetSignInProviderInput, provider.setSignInProvider)
export const removeSignInProvider = action('removeSignInProvider', z.object({}), provider.removeSignInProvider)
export const endTwoStep = action('endTwoStep', PersonInput, people.endTwoStep)
export const setRetention = action('setRetention', Retention, rules.setRetention)
export const setRetentionDefault = action('setRetentionDefault', SetRetentionDefaultInput, rules.setDefault)
export const cancelJob = action('cancelJob', CancelJobInput, jobs.cancelJob)
export const holdArchive = action('holdArchive', MarkInput, console.holdInChild)
export const releaseArchive = action('releaseArchive', ReleaseInput, console.releaseInChild)
export const acceptArchive = action('acceptArchive', AcceptInput, console.acceptInChild)
export const forgetArchive = action('forgetArchive', ForgetInput, trash.forgetInChild)
export const unforgetArchive = action('unforgetArchive', UnforgetInput, trash.unforgetInChild)
export const startDetach = action('startDetach', DetachPlaceInput, attached.startDetach)
export const startHeal = action('startHeal', StartHealInput, heals.startHeal)
export const startPrune = action('startPrune', StartPruneInput, prunes.startPrune)
export const addWorkspace = action('addWorkspace', AddWorkspaceInput, console.addWorkspaceInChild)
export const updateWorkspace = action('updateWorkspace', UpdateWorkspaceInput, workspaces.updateWorkspace)
export const setSchedule = action('setSchedule', SetScheduleInput, schedules.setSchedule)
const InChannel = z.object({ channel: ChannelIdSchema })
export const saveChannel = action('saveChannel', SaveChannelInput, channels.saveChannel)
export const testChannel = action('testChannel', InChannel, channels.testChannel)
export const removeChannel = action('removeChannel', InChannel, channels.removeChannel)
export const setPruneSchedule = action('setPruneSchedule', SetPruneScheduleInput, pruneSchedule.setPruneSchedule)
const InReplica = z.object({ replica: ReplicaIdSchema })
export const addReplica = action('addReplica', AddReplicaInput, added.addReplica)
export const changeReplica = action('changeReplica', ChangeReplicaInput, replicas.changeReplica)
export const removeReplica = action('removeReplica', InReplica, replicas.removeReplica)
export const acknowledgeReplica = action('acknowledgeReplica', AcknowledgeReplicaInput, replicas.acknowledgeTampering)
export const testReplica = action('testReplica', TestReplicaInput, places.testReplica)
export const startSync = action('startSync', StartSyncInput, syncs.startReplicate)
export const setFreeFloor = action('setFreeFloor', SetFloorInput, floor.setFloor)
export const removeWorkspace = action('removeWorkspace', RemoveWorkspaceInput, workspaces.removeWorkspace)
export const invite = action('invite', InviteInput, links.invite)
export const changePerson = action('changePerson', ChangePersonInput, people.changePerson)
export const makePasswordLink = action('makePasswordLink', PersonInput, links.makePasswordLink)
export const withdrawInvitation = action('withdrawInvitation', InvitationInput, people.withdrawInvitation)
export const revokeSession = action(
  'revokeSession',
  z.object({ person: PersonIdSchema, session: z.string().min(1).max(64) }),
  accounts.revokeSession,
)
export const makeToken = action('makeToken', MakeTokenInput, tokens.makeToken)
export const revokeToken = action('revokeToken', TokenInput, tokens.revokeToken)
export const initRepository = action('initRepository', InitRepositoryInput, keys.initRepository)
export const addRepositoryKey = action('addRepositoryKey', AddRepositoryKeyInput, keys.addRepositoryKey)
export const renameRepositoryKey = action('renameRepositoryKey', RenameRepositoryKeyInput, keys.renameRepositoryKey)
export const revokeRepositoryKey = action('revokeRepositoryKey', RepositorySlotInput, keys.revokeRepositoryKey)
export const changeRepositoryPassphrase = action('changeRepositoryPassphrase', ChangePassphraseInput, keys.changeRepositoryPassphrase)
export const unlockRepository = action('unlockRepository', UnlockRepositoryInput, keys.unlockRepository)
export const startMigration = action('startMigration', StartMigrationInput, keys.startMigration)

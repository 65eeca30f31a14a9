'use server'
import { z } from 'zod'
import { MarkInput } from '#lib/contracts/archive.ts'
import { WorkspaceIdSchema } from '#lib/contracts/common.ts'
import { SetFloorInput } from '#lib/contracts/disk.ts'
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
  ApproveInput,
  PolicyChangeSchema,
  ProposalIdSchema,
  ProposeInput,
  RejectInput,
  RetentionSettingsSchema,
  SetRetentionDefaultInput,
} from '#lib/contracts/retention.ts'
import { SetScheduleInput } from '#lib/contracts/schedule.ts'
import { SetSignInProviderInput } from '#lib/contracts/sign-in.ts'
import { ForgetInput, StartPruneInput, UnforgetInput } from '#lib/contracts/trash.ts'
import {
  AcceptInput,
  CancelJobInput,
  ReleaseInput,
  RemoveWorkspaceInput,
  StartBackupInput,
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
import * as retention from '#lib/services/console/retention.ts'
import * as trash from '#lib/services/console/trash.ts'
import * as console from '#lib/services/console/verbs.ts'
import * as floor from '#lib/services/disk/free-floor.ts'
import * as jobs from '#lib/services/jobs/start-job.ts'
import * as channels from '#lib/services/notify/channels.ts'
import * as accounts from '#lib/services/people/account.ts'
import * as links from '#lib/services/people/links.ts'
import * as people from '#lib/services/people/people.ts'
import * as tokens from '#lib/services/people/tokens.ts'
import * as proposals from '#lib/services/retention/decide-proposal.ts'
import * as rules from '#lib/services/retention/rules.ts'
import * as schedules from '#lib/services/schedule/workspace-schedule.ts'
import * as provider from '#lib/services/sign-in/provider.ts'
import * as workspaces from '#lib/services/workspaces/change-workspace.ts'

const Retention = z.object({
  workspaceId: WorkspaceIdSchema,
  policy: PolicyChangeSchema.optional(),
  settings: RetentionSettingsSchema.partial().optional(),
})

export const startBackup = action(StartBackupInput, jobs.startBackup)
export const startVerify = action(StartVerifyInput, jobs.startVerify)
export const startRestore = action(StartRestoreInput, jobs.startRestore)
export const startUndo = action(StartUndoInput, jobs.startUndo)
export const startRecoverState = action(StartRecoverStateInput, jobs.startRecoverState)
export const startRecoverHost = action(StartRecoverHostInput, jobs.startRecoverHost)
export const startOffload = action(StartOffloadInput, jobs.startOffload)
export const proposeRetention = action(ProposeInput, retention.proposeInChild)
export const approveProposal = action(ApproveInput, proposals.approveProposal)
export const resumeProposal = action(z.object({ proposal: ProposalIdSchema }), proposals.resumeProposal)
export const rejectProposal = action(RejectInput, proposals.rejectProposal)
export const setSignInProvider = action(SetSignInProviderInput, provider.setSignInProvider)
export const removeSignInProvider = action(z.object({}), provider.removeSignInProvider)
export const endTwoStep = action(PersonInput, people.endTwoStep)
export const setRetention = action(Retention, rules.setRetention)
export const setRetentionDefault = action(SetRetentionDefaultInput, rules.setDefault)
export const cancelJob = action(CancelJobInput, jobs.cancelJob)
export const holdArchive = action(MarkInput, console.holdInChild)
export const releaseArchive = action(ReleaseInput, console.releaseInChild)
export const acceptArchive = action(AcceptInput, console.acceptInChild)
export const forgetArchive = action(ForgetInput, trash.forgetInChild)
export const unforgetArchive = action(UnforgetInput, trash.unforgetInChild)
export const startPrune = action(StartPruneInput, jobs.startPrune)
export const addWorkspace = action(AddWorkspaceInput, console.addWorkspaceInChild)
export const updateWorkspace = action(UpdateWorkspaceInput, workspaces.updateWorkspace)
export const setSchedule = action(SetScheduleInput, schedules.setSchedule)
const InChannel = z.object({ channel: ChannelIdSchema })
export const saveChannel = action(SaveChannelInput, channels.saveChannel)
export const testChannel = action(InChannel, channels.testChannel)
export const removeChannel = action(InChannel, channels.removeChannel)
export const setFreeFloor = action(SetFloorInput, floor.setFloor)
export const removeWorkspace = action(RemoveWorkspaceInput, workspaces.removeWorkspace)
export const invite = action(InviteInput, links.invite)
export const changePerson = action(ChangePersonInput, people.changePerson)
export const makePasswordLink = action(PersonInput, links.makePasswordLink)
export const withdrawInvitation = action(InvitationInput, people.withdrawInvitation)
export const revokeSession = action(z.object({ person: PersonIdSchema, session: z.string().min(1).max(64) }), accounts.revokeSession)
export const makeToken = action(MakeTokenInput, tokens.makeToken)
export const revokeToken = action(TokenInput, tokens.revokeToken)

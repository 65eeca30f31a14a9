/** Ids are prefixed so that a log line or a URL says what it names. */
export type ArchiveId = `arc_${string}`
export type WorkspaceId = `ws_${string}`
export type JobId = `job_${string}`
export type SeriesId = `ser_${string}`
export type RepositoryId = `repo_${string}`

function randomHex(bytes: number): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, '0')).join('')
}

/** 96 random bits: two hosts never collide, and a short prefix is already unique. */
export const newArchiveId = (): ArchiveId => `arc_${randomHex(12)}`
export const newWorkspaceId = (): WorkspaceId => `ws_${randomHex(8)}`
export const newJobId = (): JobId => `job_${randomHex(10)}`
export const newSeriesId = (): SeriesId => `ser_${randomHex(8)}`
export const newRepositoryId = (): RepositoryId => `repo_${randomHex(12)}`

/** True when the text has the shape of a whole archive id. */
export function isArchiveId(text: string): text is ArchiveId {
  return /^arc_[0-9a-f]{24}$/.test(text)
}

/** True when the text has the shape of a whole job id. */
export function isJobId(text: string): text is JobId {
  return /^job_[0-9a-f]{20}$/.test(text)
}

export const newChannelId = (): `chn_${string}` => `chn_${randomHex(8)}`
export const newReplicaId = (): `rep_${string}` => `rep_${randomHex(8)}`
export const newInvitationId = (): `inv_${string}` => `inv_${randomHex(8)}`
export const newApiTokenId = (): `tok_${string}` => `tok_${randomHex(8)}`
export const newDeliveryId = (): string => `ntf_${randomHex(10)}`

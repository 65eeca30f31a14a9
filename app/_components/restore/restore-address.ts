import { isArchiveId } from '#lib/base/ids.ts'
import type { ConflictMode, RestoreRequest } from '#lib/contracts/archive.ts'

const MODES: Record<ConflictMode, true> = { fail: true, overwrite: true, skip: true, newer: true }
const isConflictMode = (text: string | null): text is ConflictMode => text !== null && Object.hasOwn(MODES, text)

/** A restore as the address names it, so that a plan can be pasted to somebody else. */
export function requestOfAddress(params: URLSearchParams): RestoreRequest | null {
  const archiveId = params.get('archive') ?? ''
  const to = params.get('to')
  const isInPlace = params.get('in') === 'place'
  if (!isArchiveId(archiveId) || (to === null && !isInPlace)) return null
  const conflict = params.get('conflict')
  return {
    archiveId,
    paths: params.getAll('path'),
    target: isInPlace ? null : to,
    exact: params.get('exact') === '1',
    ...(isConflictMode(conflict) && !isInPlace ? { conflict } : {}),
  }
}

/** The other way round. */
export function addressOfRequest(request: RestoreRequest): Record<string, string | string[] | null> {
  const { archiveId, paths, target, conflict, exact } = request
  return {
    archive: archiveId,
    path: paths,
    in: target === null ? 'place' : null,
    to: target,
    conflict: target === null ? null : (conflict ?? null),
    exact: exact ? '1' : null,
  }
}

/** The address of the review of a request. */
export function reviewHref(workspaceId: string, request: RestoreRequest): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries({ ...addressOfRequest(request), step: 'review' }))
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) query.append(key, one)
  return `/w/${workspaceId}/restore?${query}`
}

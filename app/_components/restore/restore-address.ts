import { ConflictModeSchema, type RestoreRequest } from '#lib/contracts/archive.ts'
import { ArchiveIdSchema } from '#lib/contracts/common.ts'

/** A restore as the address names it, so that a plan can be pasted to somebody else. */
export function requestOfAddress(params: URLSearchParams): RestoreRequest | null {
  const archive = ArchiveIdSchema.safeParse(params.get('archive'))
  const to = params.get('to')
  const isInPlace = params.get('in') === 'place'
  if (!archive.success || (to === null && !isInPlace)) return null
  const conflict = ConflictModeSchema.safeParse(params.get('conflict'))
  return {
    archiveId: archive.data,
    paths: params.getAll('path'),
    target: isInPlace ? null : to,
    exact: params.get('exact') === '1',
    ...(conflict.success && !isInPlace ? { conflict: conflict.data } : {}),
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

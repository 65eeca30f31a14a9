import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { FreeFloor } from '#lib/contracts/disk.ts'
import { belowFloor } from '#lib/engine/storage/floor-storage.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { defaultRepository } from '../repository/known-repositories.ts'
import { spaceOf } from './file-system.ts'

const SETTING = 'disk.floorBytes'
/** Without a choice this much stays free, or this share of a small file system. */
const DEFAULT_BYTES = 1_000_000_000
const DEFAULT_SHARE = 0.05

/** How much has to stay free where archives of a repository lie, and whether it is: below it backups pause. */
export function floorOf(ctx: ServiceContext, repositoryPath: string = defaultRepository(ctx)): FreeFloor {
  const chosen = getSetting(ctx.consoleDb, SETTING)
  const { freeBytes, totalBytes } = spaceOf(repositoryPath)
  const isChosen = typeof chosen === 'number'
  const floorBytes = isChosen ? chosen : Math.min(DEFAULT_BYTES, Math.floor((totalBytes ?? Number.POSITIVE_INFINITY) * DEFAULT_SHARE))
  return { repositoryPath, floorBytes, isChosen, freeBytes, totalBytes, isBelow: freeBytes !== null && freeBytes < floorBytes }
}

/** Throws `repository_full` when so little is free that backups pause. */
export function assertAboveFloor(ctx: ServiceContext, repositoryPath: string): void {
  const { isBelow, freeBytes, floorBytes } = floorOf(ctx, repositoryPath)
  if (isBelow && freeBytes !== null) throw belowFloor(repositoryPath, freeBytes, floorBytes)
}

/** The floor, for people. */
export function showFloor(ctx: ServiceContext): FreeFloor {
  requireRight(ctx, 'list')
  return floorOf(ctx)
}

/** Sets how much has to stay free, for all repositories of this home; 0 = backups never pause, null = the default again. */
export function setFloor(ctx: ServiceContext, { floorBytes }: { floorBytes: number | null }): FreeFloor {
  requireRight(ctx, 'settings')
  const { totalBytes } = spaceOf(defaultRepository(ctx))
  if (floorBytes !== null && totalBytes !== null && floorBytes >= totalBytes) {
    throw new AppError('invalid_input', {
      message: `A floor of ${formatBytes(floorBytes)} is more than the whole file system of ${defaultRepository(ctx)} has (${formatBytes(totalBytes)}): no backup could ever run.`,
      hint: 'Choose a smaller one; 0 switches it off.',
    })
  }
  putSetting(ctx.consoleDb, SETTING, floorBytes, new Date(ctx.clock.nowMs()).toISOString())
  record(ctx, 'repository.floor', { kind: 'settings', id: SETTING }, { floorBytes })
  return floorOf(ctx)
}

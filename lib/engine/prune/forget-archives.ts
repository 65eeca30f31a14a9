/**
 * Forgetting: archives leave the list and lie in the trash until a prune. Invariants kept here:
 *
 * 1. Nothing is deleted: the mark `forget` is durable, then the manifest is moved. All that it needs stays as needed as before.
 * 2. All or nothing of what can be known before: every veto on every archive is looked at before the first mark.
 * 3. Vetoes are read from marks and journals (delete-vetoes.ts). A hold that comes at the same moment wins: marks are read again behind `forget`.
 * 4. Refused while any manifest is unreadable or needs a frame that no index knows (survey.ts).
 */
import type { Clock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Lease } from '../repository/lease.ts'
import type { Repository } from '../repository/repository.ts'
import { underLease } from '../repository/under-lease.ts'
import { type ArchiveHead, Vetoes } from './delete-vetoes.ts'
import { readOpenUndos } from './open-undos.ts'
import { saidOf } from './said-of.ts'
import { addNeeds, nothingNeeded, readHeads } from './survey.ts'
import { moveFromTrash, moveToTrash, settleTrash } from './trash.ts'

export interface TrashInput {
  repository: Repository
  reason: string
  actor: string
  clock: Clock
  /** Where the home keeps journals of restores; null = there are none. */
  journals: string | null
  waitMs?: number
  signal?: AbortSignal | undefined
  /** Called with each archive whose marks changed, durable by then; also those that an earlier crash left unfinished. */
  onChanged?: (id: ArchiveId) => Promise<void>
}

export interface ForgetInput extends TrashInput {
  ids: readonly ArchiveId[]
  /** Called once no other writer is at work, before anything is looked at; what it throws ends it. */
  onLocked?: (() => Promise<void>) | undefined
}

/** Forgets archives, all of one repository. Throws `archive_kept` naming every one that must stay, `archive_unknown`, `prune_refused`. */
export async function forgetArchives(input: ForgetInput): Promise<void> {
  const { repository, signal } = input
  await inTrash(input, 'forgetting archives', async (lease) => {
    await input.onLocked?.()
    const { listed, trashed } = await readHeads(repository, { signal })
    const nowMs = input.clock.nowMs()
    const vetoes = new Vetoes(repository, listed, readOpenUndos(input.journals, nowMs), nowMs)
    const going = [...new Set(input.ids)].map((id) => headOf(repository, id, listed, trashed))
    await assertMayGo(vetoes, going)
    await addNeeds(
      repository,
      await nothingNeeded(repository),
      [...listed, ...trashed].map(({ id }) => id),
      { signal },
    )
    for (const archive of going) {
      throwIfCancelled(signal)
      await lease.assertHeld()
      await forgetOne(input, vetoes, archive)
      await input.onChanged?.(archive.id)
    }
  })
}

async function forgetOne({ repository, clock, actor, reason }: TrashInput, vetoes: Vetoes, archive: ArchiveHead): Promise<void> {
  const mark = { at: new Date(clock.nowMs()).toISOString(), actor }
  await repository.addMark(archive.id, { kind: 'forget', reason, ...mark })
  const held = vetoes.onRemoving(archive, saidOf(await repository.marksOf(archive.id)))
  if (held.length === 0) return await moveToTrash(repository, archive.id)
  await repository.addMark(archive.id, { kind: 'unforget', reason: 'It was held at the same moment.', ...mark })
  throw kept([{ archive, reasons: held }])
}

async function assertMayGo(vetoes: Vetoes, going: readonly ArchiveHead[]): Promise<void> {
  const refused: { archive: ArchiveHead; reasons: string[] }[] = []
  for (const archive of going) {
    const reasons = await vetoes.onForgetting(archive)
    if (reasons.length > 0) refused.push({ archive, reasons })
  }
  if (refused.length > 0) throw kept(refused)
}

function kept(refused: { archive: ArchiveHead; reasons: string[] }[]): AppError {
  const [first] = refused
  const more = refused.length > 1 ? ` So do ${refused.length - 1} more.` : ''
  return new AppError('archive_kept', {
    message: `${first!.archive.id} stays: ${first!.reasons.join('; ')}.${more}`,
    hint: 'Nothing was forgotten. A hold ends with `orchive release`, a suspicion with `orchive accept`; the last known-good archive can go once a newer one is verified.',
    context: { kept: refused.map(({ archive, reasons }) => ({ archiveId: archive.id, reasons })) },
  })
}

function headOf(repository: Repository, id: ArchiveId, listed: ArchiveHead[], trashed: ArchiveHead[]): ArchiveHead {
  const found = listed.find((archive) => archive.id === id)
  if (found) return found
  const isTrashed = trashed.some((archive) => archive.id === id)
  throw new AppError('archive_unknown', {
    message: isTrashed ? `${id} is in the trash already.` : `There is no archive ${id} in ${repository.storage.location}.`,
    hint: isTrashed ? 'See `orchive trash`.' : 'See `orchive archives`.',
  })
}

/** Lists a forgotten archive again. Throws `archive_unknown` when it is not in the trash, `prune_refused` when what it needs is not there. */
export async function unforgetArchive(input: TrashInput & { id: ArchiveId }): Promise<void> {
  const { repository, id, clock, actor, reason } = input
  await inTrash(input, 'taking an archive back', async (lease) => {
    if (!(await repository.listTrashed()).includes(id)) {
      throw new AppError('archive_unknown', {
        message: `${id} is not in the trash of ${repository.storage.location}.`,
        hint: 'See `orchive trash`; what a prune took away is gone.',
      })
    }
    await addNeeds(repository, await nothingNeeded(repository), [id])
    await lease.assertHeld()
    await repository.addMark(id, { kind: 'unforget', reason, at: new Date(clock.nowMs()).toISOString(), actor })
    await moveFromTrash(repository, id)
    await input.onChanged?.(id)
  })
}

function inTrash(input: TrashInput, purpose: string, work: (lease: Lease) => Promise<void>): Promise<void> {
  const { repository, clock, signal, waitMs = 0 } = input
  return underLease(repository, { purpose, clock, signal, waitMs }, async (lease) => {
    for (const id of await settleTrash(repository)) await input.onChanged?.(id)
    await work(lease)
  })
}

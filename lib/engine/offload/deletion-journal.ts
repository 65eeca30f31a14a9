/**
 * The record of a deletion, beside the console's own data. Write order, always: what is going to be deleted, durably → each deletion, then its
 * line → the end. So after a crash every file that is gone stands in the record, with the archive that has it. A record that cannot be
 * written stops the deletion.
 */

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import { syncFolder } from '../storage/durable-files.ts'

export interface DeletionHead {
  jobId: JobId
  workspaceId: WorkspaceId
  archiveId: ArchiveId
  /** SHA-256 of the plan. */
  digest: string
  at: string
}

interface PlannedDeletion {
  /** Archive path. */
  path: string
  /** Absolute, text form. */
  livePath: string
  sizeBytes: number
}

type Line =
  | ({ type: 'begin' } & DeletionHead)
  | ({ type: 'file' } & PlannedDeletion)
  | { type: 'deleting' }
  | { type: 'gone'; path: string }
  | { type: 'end'; removedFiles: number; removedBytes: number; at: string }

/** One deletion as it is written down. */
export class DeletionJournal {
  readonly path: string
  private readonly fd: number

  private constructor(path: string, fd: number) {
    this.path = path
    this.fd = fd
  }

  /** Writes down durably what is going to be deleted; nothing may be deleted before this returns. */
  static begin(folder: string, head: DeletionHead, files: readonly PlannedDeletion[]): DeletionJournal {
    const isNew = !existsSync(folder)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, `${head.jobId}.ndjson`)
    const fd = openSync(path, 'ax', 0o600)
    const journal = new DeletionJournal(path, fd)
    try {
      journal.write(
        [{ type: 'begin', ...head } as Line, ...files.map((file): Line => ({ type: 'file', ...file })), { type: 'deleting' } as Line],
        true,
      )
      for (const each of isNew ? [folder, dirname(folder)] : [folder]) syncFolder(each)
    } catch (error) {
      closeSync(fd)
      throw error
    }
    return journal
  }

  /** A file was deleted. */
  gone(path: string): void {
    this.write([{ type: 'gone', path }], false)
  }

  end(result: { removedFiles: number; removedBytes: number; at: string }): void {
    this.write([{ type: 'end', ...result }], true)
  }

  close(): void {
    closeSync(this.fd)
  }

  private write(lines: Line[], isDurable: boolean): void {
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done)
    if (isDurable) fsyncSync(this.fd)
  }
}

/** A deletion that never came to its end. */
export interface OpenDeletion extends DeletionHead {
  path: string
  files: PlannedDeletion[]
  /** Archive paths that its record says are gone; the last one may be missing. */
  gone: Set<string>
}

/** Deletions of a workspace that were interrupted, oldest record first. A record that was cut before anything could be deleted is none. */
export function openDeletions(folder: string, workspaceId: WorkspaceId): OpenDeletion[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) => {
      const open = readOpen(join(folder, name))
      return open?.workspaceId === workspaceId ? [open] : []
    })
}

function readOpen(path: string): OpenDeletion | null {
  let open: OpenDeletion | null = null
  let isDeleting = false
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    const line = parseLine(text)
    if (line?.type === 'end') return null
    if (line?.type === 'begin') open = { ...line, path, files: [], gone: new Set() }
    if (line?.type === 'file') open?.files.push(line)
    if (line?.type === 'deleting') isDeleting = true
    if (line?.type === 'gone') open?.gone.add(line.path)
  }
  return isDeleting ? open : null
}

/** Writes the end of an interrupted deletion. */
export function endDeletion(path: string, result: { removedFiles: number; removedBytes: number; at: string }): void {
  const fd = openSync(path, 'a')
  try {
    // The line before may have been cut in the middle.
    writeSync(fd, `\n${JSON.stringify({ type: 'end', ...result })}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function parseLine(text: string): Line | null {
  try {
    return JSON.parse(text) as Line
  } catch {
    return null
  }
}

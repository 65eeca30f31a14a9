import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { ExportFormat } from '#lib/engine/tar/export-stream.ts'
import { catFile } from '#lib/services/content/cat-file.ts'
import { exportArchive } from '#lib/services/content/export-archive.ts'
import { previewFile } from '#lib/services/content/preview-file.ts'
import { archivePathOf, namedArchive, readingFrom } from '../named.ts'
import { wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'
import { drained, ReaderGone, stdoutSink } from '../stdout-sink.ts'

type Options = Record<string, unknown>

/** `cat ARCHIVE PATH` */
export async function cat(given: Run, args: string[], options: Options): Promise<void> {
  const run = await readingFrom(given, options)
  const { ctx, signal } = run
  const offset = options.offset === undefined ? 0 : wholeNumber('--offset', options.offset)
  const length = options.length === undefined ? null : wholeNumber('--length', options.length)
  const archiveId = await namedArchive(run, args[0]!, options)
  const sink = stdoutSink()
  await unlessReaderGone(() =>
    drained(sink, () => catFile(ctx, { archiveId, path: archivePathOf(args[1]!), offset, length, signal }, sink)),
  )
}

/** `preview ARCHIVE PATH` */
export async function preview(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out } = run
  const offset = options.offset === undefined ? 0 : wholeNumber('--offset', options.offset)
  const window = await previewFile(ctx, { archiveId: await namedArchive(run, args[0]!, options), path: archivePathOf(args[1]!), offset })
  if (out.isJson) return out.document(window)
  if (window.text === null) return out.said(`${window.path} is binary, ${formatBytes(window.sizeBytes)}.`)
  out.line(window.text.replace(/\n$/, ''))
  if (window.nextOffsetBytes !== null) out.warn('note', `the next window starts at --offset ${window.nextOffsetBytes}.`)
}

/** `export ARCHIVE` */
export async function exportTo(given: Run, args: string[], options: Options): Promise<void> {
  const run = await readingFrom(given, options)
  const { ctx, out, signal } = run
  const file = options.output === undefined ? null : String(options.output)
  if (file === null && process.stdout.isTTY) {
    throw new AppError('usage', { message: 'A tar stream is not for a terminal.', hint: 'Name a file with -o FILE, or pipe it on.' })
  }
  const format = (options.format as ExportFormat | undefined) ?? formatOf(file)
  const archiveId = await namedArchive(run, args[0]!, options)
  const paths = args.slice(1).map(archivePathOf)
  const write = (sink: Writable) => drained(sink, () => exportArchive(ctx, { archiveId, format, paths, signal }, sink))
  if (file === null) return unlessReaderGone(() => write(stdoutSink()))
  const done = await intoFile(file, write)
  if (out.isJson) return out.document({ type: 'result', archiveId, file, format, ...done })
  out.said(`Wrote ${file}: ${formatCount(done.entries)} entries, ${formatBytes(done.fileBytes)} as ${format}.`)
}

/** `.tar` and `.tar.zst` by the name of the file, else `.tar.gz`. */
function formatOf(file: string | null): ExportFormat {
  if (file?.endsWith('.tar')) return 'tar'
  return file !== null && /\.(tar\.zst|tzst)$/.test(file) ? 'tar.zst' : 'tar.gz'
}

/** Writes a file beside its final name first, so that a cut-short archive never has that name. Pipes and devices are written as they are. */
async function intoFile<T>(file: string, write: (sink: Writable) => Promise<T>): Promise<T & { fileBytes: number }> {
  const there = statSync(file, { throwIfNoEntry: false })
  if (there?.isDirectory() || (there?.isFile() && there.size > 0)) {
    throw new AppError('target_not_empty', { message: `${file} exists already.`, hint: 'Nothing was written. Choose another name.' })
  }
  const isPlain = there === undefined || there.isFile()
  const path = isPlain ? `${file}.part` : file
  const sink = createWriteStream(path, { mode: 0o600, flush: isPlain })
  try {
    const result = await write(sink)
    const fileBytes = isPlain ? statSync(path).size : 0
    if (isPlain) renameSync(path, file)
    return { ...result, fileBytes }
  } catch (error) {
    await closed(sink)
    if (isPlain) rmSync(path, { force: true })
    const errno = errnoOf(error)
    if (errno === 'ENOENT' && !existsSync(dirname(file))) {
      throw new AppError('target_unusable', {
        message: `There is no folder ${dirname(file)} for ${file}.`,
        hint: 'Make it, or choose another place.',
      })
    }
    if (errno !== 'ENOSPC') throw error
    throw new AppError('target_full', {
      message: `The disk of ${file} is full.`,
      hint: 'Nothing was kept. Free some space, or choose another place.',
    })
  }
}

/** A stream opens its file when it comes to it; one that was only told to stop might make the file yet. */
async function closed(sink: Writable): Promise<void> {
  if (sink.closed) return
  const gone = new Promise((resolve) => sink.once('close', resolve))
  sink.destroy()
  await gone
}

/** A reader that has had enough, such as `head`, is no failure. */
async function unlessReaderGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error
  }
}

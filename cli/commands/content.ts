import { createWriteStream, existsSync, rmSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { ExportFormat } from '#lib/engine/tar/export-stream.ts'
import { pickArchive } from '#lib/services/archives/read-archives.ts'
import { catFile } from '#lib/services/content/cat-file.ts'
import { exportArchive } from '#lib/services/content/export-archive.ts'
import { wholeNumber } from '../options.ts'
import type { Run } from '../program.ts'

/** `cat ARCHIVE PATH` */
export async function cat({ ctx, signal }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const sink = stdoutSink()
  await catFile(
    ctx,
    {
      archiveId: pickArchive(ctx, args[0]!),
      path: args[1]!,
      offset: options.offset === undefined ? 0 : wholeNumber('--offset', options.offset),
      length: options.length === undefined ? null : wholeNumber('--length', options.length),
      signal,
    },
    sink,
  )
}

/** `export ARCHIVE` */
export async function exportTo({ ctx, out, signal }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const archiveId = pickArchive(ctx, args[0]!)
  const file = options.output === undefined ? null : String(options.output)
  if (file === null && process.stdout.isTTY) {
    throw new AppError('usage', { message: 'An archive is not for a terminal.', hint: 'Name a file with -o FILE, or pipe it.' })
  }
  if (file !== null && existsSync(file))
    throw new AppError('target_not_empty', { message: `${file} exists already.`, hint: 'Nothing was written. Choose another name.' })
  const sink = file === null ? stdoutSink() : createWriteStream(file, { flags: 'wx', mode: 0o600 })
  try {
    const done = await exportArchive(ctx, { archiveId, format: options.format as ExportFormat, paths: args.slice(1), signal }, sink)
    if (file === null) return
    if (out.isJson) out.document({ archiveId, file, ...done })
    else out.line(`Wrote ${file}: ${formatCount(done.entries)} entries, ${formatBytes(done.bytes)} as tar.`)
  } catch (error) {
    sink.destroy()
    if (file !== null) rmSync(file, { force: true })
    throw error
  }
}

/** Stdout as a sink that never holds more than one piece, and ends quietly when the reader is gone. */
function stdoutSink(): Writable {
  return new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeOrWait(chunk, at)
        done()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
        done(error as Error)
      }
    },
  })
}

function writeOrWait(chunk: Buffer, at: number): number {
  try {
    return writeSync(1, chunk, at)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    return 0
  }
}

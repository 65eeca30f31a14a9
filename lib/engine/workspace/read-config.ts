import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { lineAndColumn, scanJson } from '#lib/base/scan-json.ts'
import type { Finding } from '../finding.ts'
import { KNOWN_KEYS } from './item-keys.ts'

/** A config is a page or two; anything near this is not one. */
export const MAX_CONFIG_BYTES = 16 * 1024 * 1024

/** A config as it was read, once. */
export interface ReadConfig {
  /** Absolute, as it was asked for. */
  path: string
  text: string
  json: Record<string, unknown>
  /** Line of each top-level key; of a key that stands there twice, the last. */
  lines: Map<string, number>
  findings: Finding[]
}

/**
 * Reads a config file; throws `config_missing` when there is none, `config_invalid` with line and column when it is not a JSON object,
 * `io_failed` when it cannot be read.
 */
export function readConfig(path: string): ReadConfig {
  const bytes = readBytes(path)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const body = hasMark ? bytes.subarray(3) : bytes
  const scan = scanJson(body)
  if (scan.error) {
    const { line, column } = lineAndColumn(body, scan.error.offset)
    throw invalid(path, `${path} is not valid JSON: line ${line}, column ${column}: ${scan.error.reason}.`, { line, column })
  }
  if (scan.root !== 'object') {
    throw invalid(path, `${path} is not a JSON object: line 1, column 1: expected \`{\`.`, { line: 1, column: 1 })
  }
  const text = decode(path, body)
  const lines = new Map<string, number>()
  const findings: Finding[] = []
  const lineOf = lineCounter(body)
  for (const member of scan.members) {
    const key = JSON.parse(new TextDecoder().decode(body.subarray(member.keyStart, member.keyEnd))) as string
    const line = lineOf(member.keyStart)
    const before = lines.get(key)
    if (before !== undefined) findings.push(doubleKey(path, key, before, line))
    lines.set(key, line)
  }
  if (hasMark) findings.push(byteOrderMark(path))
  return { path, text, json: JSON.parse(text) as Record<string, unknown>, lines, findings }
}

function readBytes(path: string): Uint8Array {
  let fd: number
  try {
    // Non-blocking, so that a FIFO in the config's place cannot hang us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw unreadable(path, error)
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw invalid(path, `${path} is not a regular file.`, {})
    if (stat.size > MAX_CONFIG_BYTES) throw invalid(path, `${path} is ${stat.size} bytes, too large to be a config.`, {})
    return readFileSync(fd)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw unreadable(path, error)
  } finally {
    closeSync(fd)
  }
}

function decode(path: string, body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    const { line, column } = lineAndColumn(body, firstInvalidByte(body))
    throw invalid(path, `${path} is not valid UTF-8: line ${line}, column ${column}.`, { line, column })
  }
}

function firstInvalidByte(body: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  // Line by line, then byte by byte: a newline never belongs to a longer character.
  let start = 0
  while (start < body.length) {
    const newline = body.indexOf(0x0a, start)
    const end = newline < 0 ? body.length : newline + 1
    for (let at = start, length = 1; at < end; ) {
      try {
        decoder.decode(body.subarray(at, at + length))
        at += length
        length = 1
      } catch {
        if (length === 4 || at + length >= end) return at
        length++
      }
    }
    start = end
  }
  return 0
}

/** Lines of rising offsets, each byte looked at once. */
function lineCounter(bytes: Uint8Array): (offset: number) => number {
  let line = 1
  let from = 0
  return (offset) => {
    for (let at = bytes.indexOf(0x0a, from); at >= 0 && at < offset; at = bytes.indexOf(0x0a, from)) {
      line++
      from = at + 1
    }
    return line
  }
}

function doubleKey(path: string, key: string, before: number, after: number): Finding {
  return {
    severity: KNOWN_KEYS.some((known) => known.key === key) ? 'warning' : 'info',
    code: 'config_key_double',
    path: key,
    message: `\`${key}\` stands twice in ${basename(path)}, on line ${before} and on line ${after}; the last one counts.`,
  }
}

function byteOrderMark(path: string): Finding {
  const message = `${basename(path)} begins with a byte order mark, which many JSON readers refuse.`
  return { severity: 'info', code: 'config_byte_order_mark', path: null, message }
}

function invalid(path: string, message: string, context: Record<string, unknown>): AppError {
  return new AppError('config_invalid', { message, hint: 'Correct the file, then try again.', context: { path, ...context } })
}

function unreadable(path: string, error: unknown): AppError {
  const errno = errnoOf(error)
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    return new AppError('config_missing', {
      message: `There is no config file at ${path}.`,
      hint: 'Restore it from an archive, or register the workspace again with the config that counts now.',
      context: { path },
      cause: error,
    })
  }
  return new AppError('io_failed', {
    message: `${path} cannot be read (${errno ?? 'unknown reason'}).`,
    hint: errno === 'EACCES' ? 'Run Orchive as a user who may read it.' : '',
    context: { path, errno },
    cause: error,
  })
}

/**
 * Reads `orchive.config.json` of the home folder: what the host lets Orchive run. Its commands run with Orchive's rights, so the file counts
 * only when nobody but this user or root can have written it: neither the file nor the folder that it lies in.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { lineAndColumn, scanJson } from '#lib/base/scan-json.ts'
import type { HostWorkspace } from './host-config-shape.ts'

export interface HostConfig {
  /** Absolute, as it was asked for. */
  path: string
  /** False when there is no file: nothing is configured. */
  isThere: boolean
  /** By workspace name or id, as the file says. */
  workspaces: Readonly<Record<string, HostWorkspace>>
}

/** A page or two are expected. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads the host file. None, or an empty one, configures nothing. Throws `host_config_unsafe` when others can write it, `host_config_invalid`
 * with line and column or the keys that are wrong, `io_failed` when it cannot be read.
 */
export async function readHostConfig(path: string): Promise<HostConfig> {
  const bytes = readTrusted(path)
  if (bytes === null) return { path, isThere: false, workspaces: {} }
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
  if (body.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))) return { path, isThere: true, workspaces: {} }
  const { error } = scanJson(body)
  if (error) {
    const { line, column } = lineAndColumn(body, error.offset)
    throw invalid(path, `${path} is not valid JSON: line ${line}, column ${column}: ${error.reason}.`, { line, column })
  }
  const { parseHostFile } = await import('./host-config-shape.ts')
  const parsed = parseHostFile(JSON.parse(new TextDecoder().decode(body)))
  if (!('mistakes' in parsed)) return { path, isThere: true, workspaces: parsed.workspaces }
  const { mistakes } = parsed
  throw invalid(path, `${path} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}: ${mistakes.join(' ')}`, {
    mistakes,
  })
}

/** What the host file says of a workspace, by its id or name; null when it says nothing. Throws `host_config_invalid` when it says it twice. */
export function hostWorkspaceOf(config: HostConfig, workspace: { id: string; name: string }): HostWorkspace | null {
  const of = (key: string) => (Object.hasOwn(config.workspaces, key) ? config.workspaces[key]! : null)
  const [byId, byName] = [of(workspace.id), of(workspace.name)]
  if (byId && byName && workspace.id !== workspace.name) {
    const { id, name } = workspace
    throw invalid(config.path, `${config.path} names the workspace ${name} twice: as workspaces.${name} and as workspaces.${id}.`, {})
  }
  return byId ?? byName
}

/** The file's bytes once its writers are known; null when there is none. */
function readTrusted(path: string): Uint8Array | null {
  let fd: number
  let real: string
  try {
    // Opened by its real path and not through a link, so that what was looked at is what is read. Non-blocking, so that a FIFO cannot hang us.
    real = realpathSync(path)
    fd = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return null
    throw unreadable(path, error)
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw invalid(path, `${path} is not a regular file.`, {})
    if (stat.size > MAX_BYTES) throw invalid(path, `${path} is ${stat.size} bytes, too large to be the host file.`, {})
    assertOnlyOursToWrite(real, stat)
    for (const folder of new Set([dirname(path), dirname(real)])) assertOnlyOursToWrite(folder, statSync(folder))
    return readFileSync(fd)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw unreadable(path, error)
  } finally {
    closeSync(fd)
  }
}

/** In a folder with the sticky bit (as /tmp) others can add files but not replace ours. */
const STICKY = 0o1000

function assertOnlyOursToWrite(path: string, stat: Stats): void {
  const user = process.geteuid?.() ?? stat.uid
  const whoever = 'its commands run with Orchive’s rights, so that only this user or root may be able to write it'
  if (stat.uid !== user && stat.uid !== 0) {
    throw unsafe(path, `${path} belongs to user ${stat.uid}: ${whoever}.`, `chown ${user} ${quoted(path)}`, stat)
  }
  if ((stat.mode & 0o022) === 0 || (stat.isDirectory() && (stat.mode & STICKY) !== 0)) return
  const who = (stat.mode & 0o002) !== 0 ? 'everybody' : `group ${stat.gid}`
  const what = stat.isDirectory() ? `the host file lies in ${path}, which ${who} can write` : `${path} can be written by ${who}`
  throw unsafe(path, `${what[0]!.toUpperCase()}${what.slice(1)}: ${whoever}.`, `chmod go-w ${quoted(path)}`, stat)
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

function unsafe(path: string, message: string, command: string, { uid, gid, mode }: Stats): AppError {
  const hint = `See that nobody put anything into it, then: ${command}`
  return new AppError('host_config_unsafe', { message, hint, context: { path, uid, gid, mode: (mode & 0o7777).toString(8) } })
}

function invalid(path: string, message: string, context: Record<string, unknown>): AppError {
  return new AppError('host_config_invalid', {
    message,
    hint: 'Correct the file on the host; docs/orchestrator.md says what it can hold.',
    context: { path, ...context },
  })
}

function unreadable(path: string, error: unknown): AppError {
  const errno = errnoOf(error)
  return new AppError('io_failed', {
    message: `${path} cannot be read (${errno ?? 'unknown reason'}).`,
    hint: errno === 'EACCES' ? 'Run Orchive as a user who may read it.' : '',
    context: { path, errno },
    cause: error,
  })
}

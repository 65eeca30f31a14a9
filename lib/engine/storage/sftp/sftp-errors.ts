/** What an SFTP server answers, said as an error of ours. */
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { SftpTarget } from '../storage-target.ts'

/** Status codes of SFTP version 3 (draft-ietf-secsh-filexfer-02, 7). */
export const STATUS = {
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const

/** The status that an error of a request carries; null for others. */
export function statusOf(error: unknown): number | null {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'number' ? code : null
}

/** Lets pass that something is not there. */
export function unlessMissing(error: unknown): void {
  if (statusOf(error) !== STATUS.noSuchFile) throw error
}

/** Lets pass any status, which is an answer; a connection that broke is none. */
export function unlessAnswered(error: unknown): void {
  if (statusOf(error) === null) throw error
}

/** A failed request as an error of ours; errors that are ours already as they are. */
export function sftpError(error: unknown, location: string, name: string): unknown {
  if (error instanceof AppError) return error
  const status = statusOf(error)
  const init = { context: { path: `${location}/${name}`, status }, cause: error }
  if (status === STATUS.noSuchFile) {
    return new AppError('object_missing', {
      message: `${location}: there is no object ${name}.`,
      hint: 'Verify the copy to see which archives are affected.',
      ...init,
    })
  }
  if (status === STATUS.permissionDenied) {
    return new AppError('repository_read_only', {
      message: `${location}: the user there may not read or write ${name}.`,
      hint: 'Check the owner and the mode of that folder, and whether its disk is mounted for writing.',
      ...init,
    })
  }
  if (status === STATUS.noConnection || status === STATUS.connectionLost || isBrokenOff(error))
    return unreachable(location, 'the connection broke', name, error)
  const said = error instanceof Error ? error.message : String(error)
  return new AppError('io_failed', {
    message: `${location}: the server failed at ${name}: ${said}.`,
    hint: 'Its disk may be failing. Look into the log of the SSH server there.',
    retryable: true,
    ...init,
  })
}

const isBrokenOff = (error: unknown) =>
  ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(errnoOf(error) ?? '') ||
  (error instanceof Error && /No response from server|Channel|Not connected|Keepalive timeout/i.test(error.message))

/** The failure of a full disk or a quota. */
export function serverFull(location: string, name: string): AppError {
  return new AppError('repository_full', {
    message: `${location}: the disk there is full, ${name} could not be written.`,
    hint: 'Free space on that disk, or let retention of the copy remove more. Earlier copies are intact.',
  })
}

/** A network that does not carry us to the server, for now. */
export function unreachable(location: string, what: string, name: string | null = null, cause?: unknown): AppError {
  return new AppError('storage_unreachable', {
    message: `${location}: ${what}${name === null ? '' : ` (object ${name})`}.`,
    hint: 'Check the address, the network and whether the SSH server runs; what was not copied is copied next time.',
    retryable: true,
    context: { object: name },
    cause,
  })
}

/** Why no connection came to be. */
export function connectError(error: unknown, location: string, { user }: SftpTarget): AppError {
  if (error instanceof AppError) return error
  const errno = errnoOf(error) ?? ''
  const said = error instanceof Error ? error.message : String(error)
  if (/authentication methods failed|authentication/i.test(said)) {
    return refused(
      location,
      `the server refuses ${user} with these secrets`,
      'Check user, password or key, and that the public key is in authorized_keys there.',
      error,
    )
  }
  if (/passphrase|privateKey|private key/i.test(said)) {
    return refused(location, 'the private key cannot be read', 'Give it in OpenSSH or PEM form, with its passphrase if it has one.', error)
  }
  if (/subsystem|Unable to start/i.test(said)) {
    return refused(
      location,
      'the server lets the user in, but offers no SFTP',
      'Add `Subsystem sftp internal-sftp` to its sshd_config.',
      error,
    )
  }
  if (/no matching/i.test(said)) {
    return refused(location, `the server and Orchive have no algorithm in common: ${said}`, 'Update the SSH server.', error)
  }
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN') return unreachable(location, 'its name is not known', null, error)
  if (errno === 'ECONNREFUSED') return unreachable(location, 'nobody answers at this port', null, error)
  if (errno === 'ENETUNREACH' || errno === 'EHOSTUNREACH') return unreachable(location, 'there is no route to it', null, error)
  if (errno === 'ETIMEDOUT' || /timed out/i.test(said)) return unreachable(location, 'no answer within the time allowed', null, error)
  return unreachable(location, 'the connection broke', null, error)
}

function refused(location: string, what: string, hint: string, cause: unknown): AppError {
  return new AppError('storage_refused', { message: `${location}: ${what}.`, hint, cause })
}

/**
 * One connection to a host that speaks SFTP, reused by all calls and made again after a drop. The host's key is compared with the one that somebody
 * confirmed before anything but a greeting is sent; a key that nobody confirmed is told, never trusted.
 */
import { createHash } from 'node:crypto'
import { connect, isIP, type Socket } from 'node:net'
import type { SFTPWrapper } from 'ssh2'
import { AppError } from '#lib/base/errors.ts'
import { isNeverReached, lookupChecked } from '../address-class.ts'
import type { Patience } from '../patience.ts'
import { describeTarget, type SftpTarget, type StorageSecrets } from '../storage-target.ts'
import { connectError, sftpError, unreachable } from './sftp-errors.ts'

export type SftpSecrets = StorageSecrets & { kind: 'password' | 'private-key' }

/** A living connection; its number tells it from the one before. */
export interface Session {
  sftp: SFTPWrapper
  number: number
}

interface Open extends Session {
  /** Rejects when the connection ends, whatever the reason. */
  lost: Promise<never>
  end(): void
}

export class SftpConnection {
  readonly target: SftpTarget
  readonly location: string
  private readonly secrets: SftpSecrets
  private readonly patience: Patience
  private current: Promise<Open> | null = null
  private count = 0
  private isClosed = false

  constructor(target: SftpTarget, secrets: SftpSecrets, patience: Patience) {
    this.target = target
    this.location = describeTarget(target)
    this.secrets = secrets
    this.patience = patience
  }

  /** Connects now rather than with the first call. */
  async ensure(): Promise<void> {
    await this.session()
  }

  /**
   * Does something that moves so many bytes, within a deadline. Its errors come out as ours and name the object. A connection on which nothing moves any
   * more is given up; the next call makes another.
   */
  async run<T>(name: string, sizeBytes: number, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.session()
    const { deadlineMs, slowestBytesPerSecond } = this.patience
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => {
          reject(unreachable(this.location, 'no answer within the time allowed', name))
          session.end()
        },
        deadlineMs + (sizeBytes / slowestBytesPerSecond) * 1000,
      )
    })
    try {
      return await Promise.race([work(session), session.lost, late])
    } catch (error) {
      throw sftpError(error, this.location, name)
    } finally {
      clearTimeout(timer)
    }
  }

  private session(): Promise<Open> {
    if (this.isClosed) throw new AppError('internal', { message: `${this.location} is used after it was closed.` })
    if (this.current === null) {
      const opening = this.open()
      this.current = opening
      const forget = () => {
        if (this.current === opening) this.current = null
      }
      opening.then(({ lost }) => lost.catch(forget), forget)
    }
    return this.current
  }

  private async open(): Promise<Open> {
    const { default: Client } = await import('ssh2-sftp-client')
    let lose: (error: AppError) => void = () => {}
    const lost = new Promise<never>((_, reject) => {
      lose = reject
    })
    lost.catch(() => {})
    const fail = (error: unknown = new Error('the connection ended')) => lose(connectError(error, this.location, this.target))
    const client = new Client('orchive', { error: fail, end: () => fail(), close: () => fail() })
    const { host, port, user, hostKeyFingerprint } = this.target
    let refused: AppError | null = null
    const socket = await this.connectSocket()
    try {
      const { secrets } = this
      if (secrets.kind === 'password') {
        // Many servers ask for a password only in this way.
        client.on('keyboard-interactive', (_name, _instructions, _language, prompts: unknown[], answer: (answers: string[]) => void) =>
          answer(prompts.map(() => secrets.password)),
        )
      }
      const sftp = await client.connect({
        sock: socket,
        host,
        port,
        username: user,
        ...(secrets.kind === 'password'
          ? { password: secrets.password, tryKeyboard: true }
          : { privateKey: secrets.privateKey, ...(secrets.passphrase ? { passphrase: secrets.passphrase } : {}) }),
        readyTimeout: this.patience.connectMs,
        keepaliveInterval: Math.max(1000, this.patience.idleMs / 4),
        keepaliveCountMax: 3,
        hostVerifier: (key: Buffer) => {
          const seen = fingerprintOf(key)
          if (seen === hostKeyFingerprint) return true
          refused = hostKeyRefused(this.location, this.target, seen, typeOf(key))
          return false
        },
      })
      const end = () => {
        socket.destroy()
        fail()
      }
      return { sftp, number: ++this.count, lost, end }
    } catch (error) {
      socket.destroy()
      throw refused ?? connectError(error, this.location, this.target)
    }
  }

  /** A socket to an address that was checked. */
  private connectSocket(): Promise<Socket> {
    const { host, port } = this.target
    const problemOf = (name: string, address: string) =>
      isNeverReached(address)
        ? new AppError('invalid_input', {
            message: `${this.location}: ${name} is an address to which nothing is ever sent.`,
            hint: 'Give the name or the address of a host that runs an SSH server.',
          })
        : null
    return new Promise((resolve, reject) => {
      const problem = isIP(host) === 0 ? null : problemOf(host, host)
      if (problem) return reject(problem)
      const socket = connect({ host, port, lookup: lookupChecked(problemOf), noDelay: true })
      const giveUp = (error: unknown) => {
        socket.destroy()
        reject(connectError(error, this.location, this.target))
      }
      const timer = setTimeout(() => giveUp(new Error('Timed out')), this.patience.connectMs)
      socket.once('error', giveUp)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', giveUp)
        resolve(socket)
      })
      socket.once('close', () => clearTimeout(timer))
    })
  }

  close(): void {
    this.isClosed = true
    this.current?.then(
      ({ end }) => end(),
      () => {},
    )
  }
}

/** As `ssh-keygen -lf` prints it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The name of a key's kind, which its blob begins with (RFC 4253, 6.6). */
function typeOf(key: Buffer): string {
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0))
}

function hostKeyRefused(location: string, { host, port, hostKeyFingerprint }: SftpTarget, fingerprint: string, keyType: string): AppError {
  const context = { host, port, fingerprint, keyType, expected: hostKeyFingerprint }
  const compare = `ssh-keygen -lf /etc/ssh/ssh_host_${keyType.replace(/^ssh-|-sha2.*$/g, '')}_key.pub`
  if (hostKeyFingerprint === null) {
    return new AppError('host_key_unconfirmed', {
      message: `${location}: the host shows the ${keyType} key ${fingerprint}, which nobody has confirmed yet.`,
      hint: `Compare it with what \`${compare}\` prints on that host, then confirm it.`,
      context,
    })
  }
  return new AppError('host_key_unconfirmed', {
    message: `${location}: the host shows the ${keyType} key ${fingerprint}, not ${hostKeyFingerprint}, which was confirmed.`,
    hint: `Somebody may be in between, or the host was set up anew. Nothing was sent. Compare with what \`${compare}\` prints on that host before you confirm the new key.`,
    context,
  })
}

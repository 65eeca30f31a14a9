import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { SftpTarget, StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { freePort } from './daemon.ts'
import { until } from './until.ts'

const SSHD = '/usr/sbin/sshd'

/** A real OpenSSH server on loopback, with keys of its own, for this user alone. */
export interface RunningSshd {
  /** Where it puts nobody: folders of targets are absolute. */
  folder: string
  port: number
  /** The same server, where `limited` is what may be done. */
  limitedPort: number
  fingerprint: string
  secrets: StorageSecrets & { kind: 'private-key' }
  target(path: string, port?: number): SftpTarget
  stop(): Promise<void>
}

/** As a server that is not OpenSSH: none of its extensions. */
const WITHOUT_EXTENSIONS = 'internal-sftp -P posix-rename,hardlink,fsync,statvfs,limits'

/** Starts the server and waits until it listens. `limited` is the command that the second port forces. */
export async function startSshd({ limited = WITHOUT_EXTENSIONS }: { limited?: string } = {}): Promise<RunningSshd> {
  if (!existsSync(SSHD)) throw new Error('There is no OpenSSH server: `npm test` installs it as root on Debian (openssh-server).')
  const folder = mkdtempSync(join(tmpdir(), 'orchive-sshd-'))
  const key = (name: string) => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
    return join(folder, name)
  }
  const [hostKey, userKey] = [key('host'), key('user')]
  const [port, limitedPort] = [await freePort(), await freePort()]
  // As root it wants a place to lock its children into before somebody has signed in.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  writeFileSync(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      `Port ${limitedPort}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `PidFile ${join(folder, 'pid')}`,
      `AuthorizedKeysFile ${userKey}.pub`,
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'MaxStartups 100',
      'Subsystem sftp internal-sftp',
      `Match LocalPort ${limitedPort}`,
      `  ForceCommand ${limited}`,
      '',
    ].join('\n'),
  )
  const child = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (text) => (log = `${log}${text}`.slice(-4000)))
  const exited = once(child, 'exit')
  child.once('exit', (code) => (log += `\nsshd ended with ${code}`))
  await until('sshd listens', () => /Server listening on 127\.0\.0\.1 port/.test(log) || (/ended with/.test(log) && log))
  if (/ended with/.test(log)) throw new Error(log)
  await new Promise<void>((resolve, reject) => {
    const socket = connect(limitedPort, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    }).once('error', reject)
  })
  const fingerprint = execFileSync('ssh-keygen', ['-lf', `${hostKey}.pub`], { encoding: 'utf8' }).split(' ')[1]!
  return {
    folder,
    port,
    limitedPort,
    fingerprint,
    secrets: { kind: 'private-key', privateKey: readFileSync(userKey, 'utf8') },
    target: (path, at = port) => ({
      kind: 'sftp',
      host: '127.0.0.1',
      port: at,
      user: userInfo().username,
      path,
      hostKeyFingerprint: fingerprint,
    }),
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

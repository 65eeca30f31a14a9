import { spawn } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ssh2 from 'ssh2'

/** An SSH server that knows one password, in front of OpenSSH's own SFTP server: sshd would want an account of the host with a password. */
export interface PasswordServer {
  port: number
  fingerprint: string
  /** How it asks. */
  method: 'password' | 'keyboard-interactive'
  stop(): Promise<void>
}

const SFTP_SERVER = '/usr/lib/openssh/sftp-server'

/** Starts the server on a free port of loopback. */
export async function startPasswordServer(password: string): Promise<PasswordServer> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const hostKey = ssh2.utils.parseKey(privateKey)
  if (hostKey instanceof Error) throw hostKey
  const started: PasswordServer = {
    port: 0,
    fingerprint: `SHA256:${createHash('sha256').update(hostKey.getPublicSSH()).digest('base64').replace(/=+$/, '')}`,
    method: 'password',
    stop: async () => {
      server.close()
    },
  }
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (attempt) => {
      const judge = (answer: string | undefined) => (answer === password ? attempt.accept() : attempt.reject())
      const isMethod = (attempt.method as string) === started.method
      if (isMethod && attempt.method === 'password') judge(attempt.password)
      else if (isMethod && attempt.method === 'keyboard-interactive') attempt.prompt('Password: ', ([answer]) => judge(answer))
      else attempt.reject([started.method])
    })
    client.on('session', (accept) => {
      accept().on('subsystem' as 'shell', (acceptSubsystem) => {
        const channel = acceptSubsystem()
        const child = spawn(SFTP_SERVER, { stdio: ['pipe', 'pipe', 'ignore'] })
        channel.pipe(child.stdin)
        child.stdout.pipe(channel)
        channel.on('close', () => child.kill())
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  started.port = (server.address() as AddressInfo).port
  return started
}

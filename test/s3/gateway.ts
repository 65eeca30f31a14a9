import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '#test/builders/daemon.ts'
import { until } from '#test/builders/until.ts'
import type { CephStore } from './ceph-store.ts'

/** A second way into the store of a run, which a test may kill and freeze without harm to others. */
export class Gateway {
  readonly port: number
  private readonly store: CephStore
  private child: ChildProcess | null = null

  private constructor(store: CephStore, port: number) {
    this.store = store
    this.port = port
  }

  static async start(store: CephStore): Promise<Gateway> {
    const gateway = new Gateway(store, await freePort())
    await gateway.start()
    return gateway
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts it (again), and waits until it listens. */
  async start(): Promise<void> {
    const { folder } = this.store
    const name = `rgw${this.port}`
    const args = [
      '-c',
      join(folder, 'ceph.conf'),
      '-n',
      'client.rgw',
      '-f',
      `--rgw_frontends=beast endpoint=127.0.0.1:${this.port} tcp_nodelay=1`,
    ]
    this.child = spawn('radosgw', args, { stdio: 'ignore' })
    // So that the store's end is its end, too.
    writeFileSync(join(folder, `pid/${name}.pid`), `${this.child.pid}`)
    let isListening = false
    const look = () => {
      const socket = connect(this.port, '127.0.0.1', () => {
        isListening = true
        socket.destroy()
      }).once('error', () => setTimeout(look, 50))
    }
    look()
    await until('the gateway listens', () => isListening)
  }

  async kill(): Promise<void> {
    const { child } = this
    this.child = null
    if (!child) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Its connections stay, and nothing answers on them. */
  freeze(): void {
    this.child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.child?.kill('SIGCONT')
  }
}

import { AppError } from '#lib/base/errors.ts'
import type { ObjectWriter } from '../storage.ts'
import { assertObjectName } from '../storage-errors.ts'
import * as calls from './sftp-calls.ts'
import type { SftpConnection } from './sftp-connection.ts'
import { unreachable } from './sftp-errors.ts'

interface WriterInit {
  connection: SftpConnection
  /** The number of the connection that the file was opened on. */
  session: number
  handle: Buffer
  /** What errors name. */
  subject: string
  publish(name: string): Promise<boolean>
  remove(): Promise<void>
  /** What a failed write means. */
  explain(error: unknown): Promise<unknown>
}

/** An object while it is written, in `tmp/` of the server. It does not outlive its connection: then it is begun again. */
export class SftpWriter implements ObjectWriter {
  private readonly init: WriterInit
  private handle: Buffer | null
  private position = 0
  private isEnded = false

  constructor(init: WriterInit) {
    this.init = init
    this.handle = init.handle
  }

  async append(bytes: Uint8Array): Promise<void> {
    const { connection, subject } = this.init
    const handle = this.open()
    const position = this.position
    this.position += bytes.byteLength
    try {
      await connection.run(subject, bytes.byteLength, async ({ sftp, number }) => {
        this.assertSame(number)
        await calls.writeAll(sftp, handle, bytes, position)
      })
    } catch (error) {
      throw await this.init.explain(error)
    }
  }

  /** Makes the bytes durable and closes the file. */
  async finish(): Promise<void> {
    const { connection, subject } = this.init
    const handle = this.open()
    this.handle = null
    try {
      await connection.run(subject, this.position, async ({ sftp, number }) => {
        this.assertSame(number)
        await calls.extensions.fsync(sftp, handle)
        await calls.close(sftp, handle)
      })
    } catch (error) {
      throw await this.init.explain(error)
    }
  }

  async commit(name: string): Promise<boolean> {
    assertObjectName(name)
    await this.finish()
    const isNew = await this.init.publish(name)
    // Its first name is gone with that.
    if (isNew) this.isEnded = true
    else await this.abort()
    return isNew
  }

  async abort(): Promise<void> {
    if (this.isEnded) return
    this.isEnded = true
    const { handle } = this
    this.handle = null
    if (handle) {
      const { connection, subject, session } = this.init
      await connection
        .run(subject, 0, async ({ sftp, number }) => {
          if (number === session) await calls.close(sftp, handle)
        })
        .catch(() => {})
    }
    await this.init.remove()
  }

  private open(): Buffer {
    if (this.handle === null) throw new AppError('internal', { message: `${this.init.subject} is closed already.` })
    return this.handle
  }

  private assertSame(number: number): void {
    if (number !== this.init.session) throw unreachable(this.init.connection.location, 'the connection broke', this.init.subject)
  }
}

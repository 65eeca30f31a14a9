import type { SFTPWrapper } from 'ssh2'
import * as calls from './sftp-calls.ts'
import type { Session } from './sftp-connection.ts'

const OPEN_FILES = 16

/** Open files that are read piece by piece, least recently used first; they end with their connection. */
export class SftpHandles {
  private session = 0
  private readonly handles = new Map<string, Promise<Buffer>>()
  private sftp: SFTPWrapper | null = null

  /** The handle of an object on this connection. */
  open({ sftp, number }: Session, name: string, path: string): Promise<Buffer> {
    if (number !== this.session) {
      this.handles.clear()
      this.session = number
      this.sftp = sftp
    }
    const known = this.handles.get(name)
    if (known) {
      this.handles.delete(name)
      this.handles.set(name, known)
      return known
    }
    const opening = calls.open(sftp, path, 'r')
    this.handles.set(name, opening)
    opening.catch(() => this.handles.delete(name))
    const oldest = this.handles.keys().next().value
    if (this.handles.size > OPEN_FILES && oldest !== undefined) this.forget(oldest)
    return opening
  }

  /** Closes the handle of an object that is replaced, moved or removed. */
  forget(name: string): void {
    const handle = this.handles.get(name)
    const { sftp } = this
    this.handles.delete(name)
    // One that cannot be closed ended with its connection.
    if (handle && sftp) handle.then((open) => calls.close(sftp, open)).catch(() => {})
  }
}

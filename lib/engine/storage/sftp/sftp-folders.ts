import { dirname } from 'node:path/posix'
import type { SFTPWrapper } from 'ssh2'
import { AppError } from '#lib/base/errors.ts'
import * as calls from './sftp-calls.ts'
import { unlessAnswered } from './sftp-errors.ts'

/** The folders of a repository on another host. */
export class SftpFolders {
  private readonly root: string
  private readonly location: string
  /** Those that are there, as far as we know. */
  private readonly known = new Set<string>()

  constructor(root: string, location: string) {
    this.root = root
    this.location = location
  }

  /** Throws `storage_missing` unless the root is there; makes it when asked to. */
  async start(sftp: SFTPWrapper, create: boolean): Promise<void> {
    if (create) await makeRoot(sftp, this.root)
    if (!(await calls.stat(sftp, this.root))?.isDirectory()) throw this.rootMissing()
  }

  /** Never makes the root: when that is gone, its disk is, and the place below it is another disk's. */
  async makeParents(sftp: SFTPWrapper, name: string): Promise<void> {
    const missing: string[] = []
    for (let folder = dirname(name); folder !== '.' && !this.known.has(folder); folder = dirname(folder)) missing.push(folder)
    for (const folder of missing.reverse()) {
      const path = `${this.root}/${folder}`
      if (!(await calls.stat(sftp, path))) {
        try {
          await calls.mkdir(sftp, path)
        } catch (error) {
          if (!(await calls.stat(sftp, this.root))) throw this.rootMissing()
          // Another writer was quicker.
          if (!(await calls.stat(sftp, path))) throw error
        }
        await syncFolder(sftp, dirname(path))
      }
      this.known.add(folder)
    }
  }

  /** Somebody may have removed them. */
  forget(): void {
    this.known.clear()
  }

  private rootMissing(): AppError {
    return new AppError('storage_missing', {
      message: `${this.location}: there is no such folder.`,
      hint: 'If its disk is not mounted there, mount it. Otherwise make the folder, or correct the path.',
    })
  }
}

/** Makes names in a folder durable, where the server can: OpenSSH opens folders like files. */
export async function syncFolder(sftp: SFTPWrapper, path: string): Promise<void> {
  try {
    const handle = await calls.open(sftp, path, 'r')
    try {
      await calls.extensions.fsync(sftp, handle)
    } finally {
      await calls.close(sftp, handle)
    }
  } catch (error) {
    unlessAnswered(error)
  }
}

async function makeRoot(sftp: SFTPWrapper, root: string): Promise<void> {
  const missing: string[] = []
  for (let folder = root; folder !== '.' && folder !== '/' && !(await calls.stat(sftp, folder)); folder = dirname(folder))
    missing.push(folder)
  for (const folder of missing.reverse()) await calls.mkdir(sftp, folder)
}

/**
 * A repository's objects in a folder of another host, over SFTP. Write order, always: a file in `tmp/` → write → fsync → link under the final name (never
 * overwrites) → fsync of the folder → unlink the first name. Where the server has no hard links, the last steps are: look, then rename, which by the
 * protocol fails when the name is taken. Where it cannot fsync, durability is the server's own.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { dirname } from 'node:path/posix'
import type { FileEntry, SFTPWrapper } from 'ssh2'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import { type ObjectBody, piecesOf } from '../object-source.ts'
import type { ObjectInfo, ObjectWriter, Storage, StorageTraits } from '../storage.ts'
import { assertObjectName, objectExists } from '../storage-errors.ts'
import * as calls from './sftp-calls.ts'
import type { SftpConnection } from './sftp-connection.ts'
import { STATUS, serverFull, statusOf, unlessAnswered, unlessMissing } from './sftp-errors.ts'
import { SftpFolders, syncFolder } from './sftp-folders.ts'
import { SftpHandles } from './sftp-handles.ts'
import { SftpWriter } from './sftp-writer.ts'

const TMP_FOLDER = 'tmp'
const TMP_PREFIX = 'tmp-'
/** How often a small object is written again when its unfinished file was taken away. */
const ATTEMPTS = 5
const FOLDERS_AT_ONCE = 8
/** No object is larger by much; its time to arrive is reckoned on it. */
const PACK_BYTES = 72_000_000

export class SftpStorage implements Storage {
  readonly location: string
  private readonly connection: SftpConnection
  private readonly root: string
  private readonly handles = new SftpHandles()
  private readonly folders: SftpFolders
  /** False once the server has said that it cannot. */
  private canLink = true

  constructor(connection: SftpConnection) {
    this.connection = connection
    this.location = connection.location
    this.root = connection.target.path.replace(/(?<=.)\/+$/, '') || '.'
    this.folders = new SftpFolders(this.root, this.location)
  }

  /** Looks whether the folder is there; makes it when asked to. */
  async start(create: boolean): Promise<void> {
    await this.connection.run('', 0, ({ sftp }) => this.folders.start(sftp, create))
  }

  private at(name: string): string {
    assertObjectName(name)
    return `${this.root}/${name}`
  }

  async put(name: string, body: ObjectBody): Promise<void> {
    assertObjectName(name)
    // Who removes unfinished objects cannot tell this one from a dead writer's.
    for (let attempt = 1; ; attempt++) {
      const tmp = await this.writeTmp(name, body)
      try {
        if (await this.publish(tmp, name)) return
      } catch (error) {
        await this.removeTmp(tmp)
        const isTakenAway = isAppError(error) && error.code === 'object_missing'
        if (!isTakenAway || attempt === ATTEMPTS) throw error
        this.folders.forget()
        continue
      }
      await this.removeTmp(tmp)
      throw objectExists(name)
    }
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    assertObjectName(name)
    const tmp = await this.writeTmp(name, bytes)
    try {
      await this.connection.run(name, 0, async ({ sftp }) => {
        await this.folders.makeParents(sftp, name)
        if (!(await calls.extensions.replace(sftp, this.at(tmp), this.at(name)))) {
          // Without the extension there is a moment without the object.
          await calls.unlink(sftp, this.at(name)).catch(unlessMissing)
          await calls.rename(sftp, this.at(tmp), this.at(name))
        }
        await syncFolder(sftp, dirname(this.at(name)))
      })
    } catch (error) {
      await this.removeTmp(tmp)
      throw error
    } finally {
      this.handles.forget(name)
    }
  }

  private async writeTmp(name: string, body: ObjectBody): Promise<string> {
    const tmp = newTmp()
    const writer = await this.startAt(tmp, name)
    try {
      for await (const piece of piecesOf(body)) await writer.append(piece)
      await writer.finish()
      return tmp
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  async create(): Promise<ObjectWriter> {
    const tmp = newTmp()
    return this.startAt(tmp, tmp)
  }

  private async startAt(tmp: string, subject: string): Promise<SftpWriter> {
    const { handle, number } = await this.connection.run(subject, 0, async ({ sftp, number }) => {
      await this.folders.makeParents(sftp, tmp)
      return { handle: await calls.open(sftp, this.at(tmp), 'wx'), number }
    })
    return new SftpWriter({
      connection: this.connection,
      session: number,
      handle,
      subject,
      publish: (name) => this.publish(tmp, name),
      remove: () => this.removeTmp(tmp),
      explain: (error) => this.explain(error, subject),
    })
  }

  /** Gives a finished file its name, durably; false when that is taken. */
  private publish(tmp: string, name: string): Promise<boolean> {
    return this.connection.run(name, 0, async ({ sftp }) => {
      const path = this.at(name)
      await this.folders.makeParents(sftp, name)
      if (!(await this.place(sftp, this.at(tmp), path))) return false
      await syncFolder(sftp, dirname(path))
      return true
    })
  }

  /** Moves a file to a name that is free; false when it is taken. */
  private async place(sftp: SFTPWrapper, from: string, to: string): Promise<boolean> {
    try {
      if (this.canLink && (await calls.extensions.hardlink(sftp, from, to))) {
        // Published is published, also where the account may not remove.
        await calls.unlink(sftp, from).catch(unlessAnswered)
        return true
      }
      this.canLink = false
      if (await calls.stat(sftp, to)) return false
      await calls.rename(sftp, from, to)
      return true
    } catch (error) {
      if (statusOf(error) === STATUS.failure && (await calls.stat(sftp, to))) return false
      throw error
    }
  }

  private async removeTmp(tmp: string): Promise<void> {
    // Gone already, or the connection is: the next writer removes what is unfinished.
    await this.connection.run(tmp, 0, ({ sftp }) => calls.unlink(sftp, this.at(tmp))).catch(() => {})
  }

  /** Servers say "failure" to a full disk; the free space tells. */
  private async explain(error: unknown, name: string): Promise<unknown> {
    if (!isAppError(error) || error.context['status'] !== STATUS.failure) return error
    const space = await this.freeBytes().catch(() => null)
    return space !== null && space.freeBytes < FULL_BYTES ? serverFull(this.location, name) : error
  }

  async get(name: string): Promise<Buffer> {
    const path = this.at(name)
    return this.connection.run(name, PACK_BYTES, async ({ sftp }) => {
      const handle = await calls.open(sftp, path, 'r')
      try {
        return await calls.readAt(sftp, handle, 0, await calls.sizeOf(sftp, handle))
      } finally {
        await calls.close(sftp, handle).catch(() => {})
      }
    })
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    const path = this.at(name)
    return this.connection.run(name, length, async (session) =>
      calls.readAt(session.sftp, await this.handles.open(session, name, path), offset, length),
    )
  }

  async stat(name: string): Promise<ObjectInfo | null> {
    const path = this.at(name)
    return this.connection.run(name, 0, async ({ sftp }) => {
      const stats = await calls.stat(sftp, path)
      return stats?.isFile() ? { sizeBytes: stats.size, mtimeMs: stats.mtime * 1000 } : null
    })
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }> {
    const top = prefix.replace(/\/$/, '')
    if (top !== '.') assertObjectName(top)
    let folders = [top === '.' ? '' : top]
    while (folders.length > 0) {
      const now = folders.splice(0, FOLDERS_AT_ONCE)
      const found = await Promise.all(now.map(async (folder) => ({ folder, entries: await this.readFolder(folder) })))
      const below: string[] = []
      for (const { folder, entries } of found) {
        for (const { filename, attrs } of entries) {
          const name = folder === '' ? filename : `${folder}/${filename}`
          const kind = attrs.mode & constants.S_IFMT
          if (kind === constants.S_IFDIR) below.push(name)
          else if (kind === constants.S_IFREG && !filename.startsWith(TMP_PREFIX)) yield { name, sizeBytes: attrs.size }
        }
      }
      folders = [...below, ...folders]
    }
  }

  private async readFolder(folder: string): Promise<FileEntry[]> {
    const path = folder === '' ? this.root : this.at(folder)
    try {
      return await this.connection.run(folder, 0, ({ sftp }) => calls.readdir(sftp, path))
    } catch (error) {
      if (isAppError(error) && error.code === 'object_missing') return []
      throw error
    }
  }

  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.at(from), this.at(to)]
    this.handles.forget(from)
    await this.connection.run(from, 0, async ({ sftp }) => {
      if (await calls.stat(sftp, target)) throw objectExists(to)
      await this.folders.makeParents(sftp, to)
      if (!(await this.place(sftp, source, target))) throw objectExists(to)
      if (await calls.stat(sftp, source)) await calls.unlink(sftp, source)
      await syncFolder(sftp, dirname(target))
      await syncFolder(sftp, dirname(source))
    })
  }

  async remove(name: string): Promise<void> {
    const path = this.at(name)
    this.handles.forget(name)
    await this.connection.run(name, 0, async ({ sftp }) => {
      await calls.unlink(sftp, path).catch(unlessMissing)
      await syncFolder(sftp, dirname(path))
    })
  }

  async removeUnfinished(): Promise<number> {
    let removed = 0
    for (const { filename } of await this.readFolder(TMP_FOLDER)) {
      if (!filename.startsWith(TMP_PREFIX)) continue
      await this.connection.run(filename, 0, ({ sftp }) => calls.unlink(sftp, this.at(`${TMP_FOLDER}/${filename}`)).catch(unlessMissing))
      removed++
    }
    return removed
  }

  freeBytes(): Promise<{ freeBytes: number; totalBytes: number } | null> {
    return this.connection.run('', 0, ({ sftp }) => calls.spaceOf(sftp, this.root))
  }

  async traits(existing: string): Promise<StorageTraits> {
    const written = await this.stat(existing)
    return {
      putIfAbsent: this.canLink ? 'atomic' : 'checked',
      versioning: 'off',
      objectLock: { isOn: false, defaultMode: null, defaultDays: null },
      // The object was written a moment ago.
      clockAheadMs: written && written.mtimeMs - systemClock.realNowMs(),
    }
  }

  close(): void {
    this.connection.close()
  }
}

/** Less than this free after a failed write means a full disk. */
const FULL_BYTES = 1_000_000

const newTmp = () => `${TMP_FOLDER}/${TMP_PREFIX}${randomBytes(8).toString('hex')}`

import { AppError } from '#lib/base/errors.ts'
import { formatBytes } from '#lib/base/units.ts'
import { overlaid } from './overlaid.ts'
import type { ObjectWriter, Storage } from './storage.ts'

/** Free space is asked for again after so many bytes. */
const LOOK_EVERY_BYTES = 8_000_000

/**
 * Storage that writes no more packs once less than `floorBytes` would stay free: a backup pauses with `repository_full` rather than fill the disk.
 * Marks, manifests and the lease are small, and have to arrive.
 */
export function withFloor(storage: Storage, floorBytes: number): Storage {
  const assertRoom = async (aheadBytes: number) => {
    const space = await storage.freeBytes()
    if (space !== null && space.freeBytes - aheadBytes < floorBytes) throw belowFloor(storage.location, space.freeBytes, floorBytes)
  }
  return overlaid(storage, {
    create: async () => {
      await assertRoom(0)
      return new WriterAboveFloor(await storage.create(), assertRoom)
    },
  })
}

class WriterAboveFloor implements ObjectWriter {
  private readonly writer: ObjectWriter
  private readonly assertRoom: (aheadBytes: number) => Promise<void>
  private sinceLookBytes = 0

  constructor(writer: ObjectWriter, assertRoom: (aheadBytes: number) => Promise<void>) {
    this.writer = writer
    this.assertRoom = assertRoom
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.sinceLookBytes += bytes.byteLength
    if (this.sinceLookBytes >= LOOK_EVERY_BYTES) {
      await this.assertRoom(bytes.byteLength)
      this.sinceLookBytes = 0
    }
    await this.writer.append(bytes)
  }

  commit(name: string): Promise<boolean> {
    return this.writer.commit(name)
  }

  abort(): Promise<void> {
    return this.writer.abort()
  }
}

/** The failure of a backup that would take the disk below its floor. */
export function belowFloor(location: string, freeBytes: number, floorBytes: number): AppError {
  return new AppError('repository_full', {
    message: `Backups into ${location} are paused: ${formatBytes(freeBytes)} are free there, and ${formatBytes(floorBytes)} have to stay free.`,
    hint: 'Nothing was archived. Free some space (see `orchive disk`), or lower the floor with `orchive repository floor SIZE`.',
    context: { location, freeBytes, floorBytes },
  })
}

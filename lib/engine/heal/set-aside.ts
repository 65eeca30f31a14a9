/** Damaged objects, moved to where nothing reads them but a healing. */
import { isAppError } from '#lib/base/errors.ts'
import { indexNameOf } from '../repository/pack.ts'
import type { ObjectWriter, Storage } from '../storage/storage.ts'

const FOLDER = 'damaged/'

/** Names of everything that was set aside, by this healing or an earlier one. */
export async function listSetAside(storage: Storage): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of storage.list(FOLDER)) names.push(name)
  return names.sort()
}

export class SetAside {
  /** Names that objects had before, in the order in which they went. */
  readonly names: string[] = []
  private readonly storage: Storage
  private readonly folder: string
  private readonly packs: ReadonlySet<string>

  constructor(storage: Storage, packs: ReadonlySet<string>, atMs: number) {
    this.storage = storage
    this.packs = packs
    this.folder = `${FOLDER}${new Date(atMs).toISOString().replace(/[^0-9TZ]/g, '')}/`
  }

  /** Moves a pack and its index, the index first: one never names a pack that is not there. What is gone was moved before. */
  async pack(pack: string): Promise<void> {
    for (const name of [indexNameOf(pack), pack]) await this.move(name)
  }

  /** Keeps a damaged object that is about to be replaced. */
  async keepCopy(name: string): Promise<void> {
    const bytes = await this.storage.get(name).catch(nullIfMissing)
    if (bytes === null) return
    await this.storage.put(`${this.folder}${name}`, bytes)
    this.names.push(name)
  }

  /**
   * The storage to write what was found to. The same frames in the same order make a pack of the same name: where the damaged one still has that
   * name, it makes way once the new one is about to get it.
   */
  makingWay(): Storage {
    const { storage } = this
    return new Proxy(storage, {
      get: (target, name) => {
        if (name === 'create') return async () => this.writerOf(await target.create())
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  private writerOf(writer: ObjectWriter): ObjectWriter {
    return {
      append: (bytes) => writer.append(bytes),
      abort: () => writer.abort(),
      commit: async (name) => {
        if (this.packs.has(name)) await this.pack(name)
        return await writer.commit(name)
      },
    }
  }

  private async move(name: string): Promise<void> {
    try {
      await this.storage.move(name, `${this.folder}${name}`)
      this.names.push(name)
    } catch (error) {
      nullIfMissing(error)
    }
  }
}

function nullIfMissing(error: unknown): null {
  if (isAppError(error) && error.code === 'object_missing') return null
  throw error
}

import { nameOfRaw, type RawPath, textOfRaw } from '../raw-path.ts'

/** Gives out names at the top of an archive: the basename; whoever comes second gets its key in front. */
export class ItemNames {
  readonly #taken = new Set<string>()

  /** The archive name, text form, for an item whose configured place is `path`. */
  take(key: string, path: RawPath): string {
    const prefix = key.replace(/[^A-Za-z0-9_.-]/g, '_')
    const base = textOfRaw(nameOfRaw(path))
    // `.orchive` is what exports add, `.orchive-restore-…` is what walks skip.
    const plain = base === '' ? prefix : base.startsWith('.orchive') ? `${prefix}-${base}` : base
    let name = plain
    for (let i = 1; this.#taken.has(name); i++) name = i === 1 ? `${prefix}-${plain}` : `${prefix}-${i}-${plain}`
    this.#taken.add(name)
    return name
  }
}

/** Files that belong together, for people: a folder at the top of an item, or files there whose names differ only in their digits. */
import { isWithin } from '../restore/safe-path.ts'

export interface GroupTotals {
  name: string
  files: number
  bytes: number
  /** Holds what is too small to be named. */
  isRest: boolean
}

/** Named at most; what is smaller is folded into one more. */
const MOST_GROUPS = 12
/** A folder of files with unlike names must not fill the memory: from here on new names count as the rest. */
const MOST_NAMES = 5000
const REST = 'everything else'

/** The name of the group that a file of an item belongs to; both paths in text form. */
export function groupNameOf(path: string, itemName: string): string {
  if (path === itemName || !isWithin(path, itemName)) return path
  const below = path.slice(itemName.length + 1)
  const slash = below.indexOf('/')
  return slash < 0 ? below.replace(/\d+(?:[-_.:T]?\d+)*/g, '*') : `${below.slice(0, slash)}/`
}

/** Adds files up by group. `T` may count more than files and bytes; `fold` adds one group to another. */
export class FileGroups<T extends GroupTotals> {
  private readonly groups = new Map<string, T>()
  private readonly make: (name: string) => T
  private readonly fold: (into: T, from: T) => void

  constructor(make: (name: string) => T, fold: (into: T, from: T) => void) {
    this.make = make
    this.fold = fold
  }

  /** The group to count a file in. */
  of(name: string): T {
    const known = this.groups.get(name)
    if (known) return known
    const key = this.groups.size < MOST_NAMES ? name : REST
    const group = this.groups.get(key) ?? this.make(key)
    this.groups.set(key, group)
    return group
  }

  /** Largest first; the smallest folded into a last one. */
  list(): T[] {
    const named = [...this.groups.values()]
      .filter(({ name }) => name !== REST)
      .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
    const spare = [...named.slice(MOST_GROUPS), ...(this.groups.has(REST) ? [this.groups.get(REST)!] : [])]
    if (spare.length === 0) return named
    const rest = { ...this.make(REST), isRest: true }
    for (const group of spare) this.fold(rest, group)
    return [...named.slice(0, MOST_GROUPS), rest]
  }
}

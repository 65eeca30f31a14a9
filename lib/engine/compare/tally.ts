import type { Importance } from '../finding.ts'
import type { EntryChange } from './entry-change.ts'

/** Counts of one item; entries but folders, bytes of their content. */
export interface ItemTally {
  key: string
  label: string
  importance: Importance
  added: number
  removed: number
  changed: number
  addedBytes: number
  removedBytes: number
  /** Size after less size before of what changed. */
  grownBytes: number
}

type TalliedItem = Pick<ItemTally, 'key' | 'label' | 'importance'>

/** Adds changes up by item. Items come in the order of the sides given; what belongs to none is counted under `other`. */
export class Tally {
  readonly items: ItemTally[] = []
  private readonly byKey = new Map<string, ItemTally>()

  constructor(...sides: (readonly TalliedItem[])[]) {
    for (const item of sides.flat()) if (!this.byKey.has(item.key)) this.item(item)
  }

  add({ itemKey, kind, before, after }: EntryChange): void {
    if ((after ?? before)!.type === 'dir' && kind !== 'changed') return
    const item = this.byKey.get(itemKey ?? OTHER.key) ?? this.item(OTHER)
    item[kind]++
    if (kind === 'added') item.addedBytes += after!.sizeBytes
    else if (kind === 'removed') item.removedBytes += before!.sizeBytes
    else item.grownBytes += after!.sizeBytes - before!.sizeBytes
  }

  /** Sum over all items. */
  get total(): Omit<ItemTally, keyof TalliedItem> {
    const total = { added: 0, removed: 0, changed: 0, addedBytes: 0, removedBytes: 0, grownBytes: 0 }
    for (const item of this.items) for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += item[key]
    return total
  }

  private item({ key, label, importance }: TalliedItem): ItemTally {
    const item = { key, label, importance, added: 0, removed: 0, changed: 0, addedBytes: 0, removedBytes: 0, grownBytes: 0 }
    this.byKey.set(key, item)
    this.items.push(item)
    return item
  }
}

const OTHER: TalliedItem = { key: 'other', label: 'Other', importance: 'medium' }

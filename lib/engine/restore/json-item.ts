import type { Entry } from '../entry.ts'
import { CONFIG_ITEM_KEY, STATE_KEY } from '../workspace/item-keys.ts'
import type { ItemDestination } from './destinations.ts'

type Item = Pick<ItemDestination, 'key' | 'archiveName' | 'importance'>

/** Whether an entry is an item of its own that is compared by its records: config, state, and files that are named as JSON. */
export function isJsonItem(item: Item, entry: Entry | null, path: string): boolean {
  return entry?.type === 'file' && path === item.archiveName && (isOwnKey(item) || /\.json$/i.test(path))
}

/** Whether what comes back has to parse, or the restore is taken back: the orchestrator would start fresh over a torn one. */
export function mustParse(item: Item, entry: Entry | null, path: string): boolean {
  return isJsonItem(item, entry, path) && (isOwnKey(item) || item.importance === 'critical')
}

const isOwnKey = ({ key }: Item) => key === CONFIG_ITEM_KEY || key === STATE_KEY

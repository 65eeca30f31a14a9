/** How path maps and items are written as arguments of the command line, and read back: `FROM=TO` and `key=KEY,importance=LEVEL`, or JSON where a name has the signs between. */

interface MapText {
  from: string
  to: string
}

interface ItemText {
  key: string
  importance: string
}

/** `/workspace=/opt/orchestrator`, or `["/a=b","/c"]`. */
export const mapText = ({ from, to }: MapText): string => (/=|^\[/.test(from) ? JSON.stringify([from, to]) : `${from}=${to}`)

/** A map from its text; null when it is none. */
export function parseMapText(text: string): MapText | null {
  const json = jsonOf(text, '[')
  if (Array.isArray(json)) {
    const [from, to, ...more] = json as unknown[]
    return typeof from === 'string' && typeof to === 'string' && from !== '' && to !== '' && more.length === 0 ? { from, to } : null
  }
  const at = text.indexOf('=')
  return at < 1 || at === text.length - 1 ? null : { from: text.slice(0, at), to: text.slice(at + 1) }
}

/** `key=digestDir,importance=high`, or `{"key":"a,b","importance":"high"}`. */
export const itemText = ({ key, importance }: ItemText): string =>
  /[=,]|^\{/.test(key) ? JSON.stringify({ key, importance }) : `key=${key},importance=${importance}`

/** An item from its text, of importance `medium` unless it says another; null when it is none. */
export function parseItemText(text: string): ItemText | null {
  const json = jsonOf(text, '{')
  const fields = json === undefined ? fieldsOf(text) : new Map(Object.entries(json as object))
  const key = fields.get('key')
  const importance = fields.get('importance') ?? 'medium'
  const isKnown = [...fields.keys()].every((name) => name === 'key' || name === 'importance')
  return isKnown && typeof key === 'string' && key !== '' && typeof importance === 'string' ? { key, importance } : null
}

function fieldsOf(text: string): Map<string, unknown> {
  if (!text.includes('=')) return new Map([['key', text]])
  return new Map(text.split(',').map((part) => part.split(/=(.*)/s, 2) as [string, string | undefined]))
}

function jsonOf(text: string, first: string): unknown {
  if (!text.startsWith(first)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The value of a JSON text as files hold it: a byte order mark before it is no part of it. Throws as `JSON.parse` does. */
export function parseJsonText(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ''))
}

/** A JSON value that is an object; null for any other. */
export function jsonObject(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
}

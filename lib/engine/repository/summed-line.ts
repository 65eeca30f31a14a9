/** Small objects that are one line of JSON and the SHA-256 of that line, newline included. */
import { createHash } from 'node:crypto'

/** The stored form. */
export function encodeSummedLine(value: unknown): Buffer {
  const line = `${JSON.stringify(value)}\n`
  return Buffer.from(`${line}${sumOf(line)}\n`)
}

/** The value; undefined where the sum does not hold or the line is no JSON. */
export function decodeSummedLine(stored: Uint8Array): unknown {
  const text = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString('utf8')
  const lineEnd = text.indexOf('\n') + 1
  const line = text.slice(0, lineEnd)
  if (text.slice(lineEnd) !== `${sumOf(line)}\n` || Buffer.byteLength(text) !== stored.length) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** A note of a prune: the first version wrote them without a sum. Undefined where it is neither. */
export function decodeTrashNote(stored: Uint8Array): unknown {
  const value = decodeSummedLine(stored)
  if (value !== undefined) return value
  try {
    return JSON.parse(Buffer.from(stored).toString('utf8'))
  } catch {
    return undefined
  }
}

const sumOf = (line: string) => createHash('sha256').update(line).digest('hex')

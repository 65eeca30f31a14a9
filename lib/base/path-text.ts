/**
 * The text form of a path: valid UTF-8 stays as it is, `\` becomes `\\`, control bytes and bytes that are not valid UTF-8
 * become `\xHH`. It is a bijection between byte strings and texts, used in manifests, JSON, the CLI and URLs.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/

/** Raw name bytes to their text form. */
export function bytesToText(bytes: Uint8Array): string {
  let ascii = true
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!
    if (b < 0x20 || b > 0x7e || b === 0x5c) {
      ascii = false
      break
    }
  }
  if (ascii) return String.fromCharCode.apply(null, bytes as unknown as number[])
  let out = ''
  let i = 0
  while (i < bytes.length) {
    const b = bytes[i]!
    if (b === 0x5c) out += '\\\\'
    else if (b < 0x20 || b === 0x7f) out += hex(b)
    else if (b < 0x80) out += String.fromCharCode(b)
    else {
      const length = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc2 ? 2 : 1
      const character = length > 1 ? decodeOne(bytes.subarray(i, i + length), length) : null
      if (character === null) out += hex(b)
      else {
        out += character
        i += length
        continue
      }
    }
    i++
  }
  return out
}

/** The text form back to raw bytes; null when the text is not a valid text form. */
export function textToBytes(text: string): Uint8Array | null {
  if (PLAIN.test(text)) return encoder.encode(text)
  const parts: number[] = []
  let i = 0
  while (i < text.length) {
    const c = text.charCodeAt(i)
    if (c === 0x5c) {
      if (text.charCodeAt(i + 1) === 0x5c) {
        parts.push(0x5c)
        i += 2
        continue
      }
      const match = /^\\x([0-9a-f]{2})/.exec(text.slice(i, i + 4))
      if (!match) return null
      parts.push(parseInt(match[1]!, 16))
      i += 4
      continue
    }
    const point = text.codePointAt(i)!
    if (point < 0x20 || point === 0x7f || (point >= 0xd800 && point <= 0xdfff)) return null
    const character = String.fromCodePoint(point)
    for (const b of encoder.encode(character)) parts.push(b)
    i += character.length
  }
  const bytes = Uint8Array.from(parts)
  // Only the canonical spelling is accepted: `\x41` for `A` would give one path two names.
  return bytesToText(bytes) === text ? bytes : null
}

/** Order of two text-form paths as the archive keeps them: memcmp of raw bytes with `/` sorting before every other byte. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0
  if (PLAIN.test(a) && PLAIN.test(b)) {
    const n = Math.min(a.length, b.length)
    for (let i = 0; i < n; i++) {
      const x = a.charCodeAt(i)
      const y = b.charCodeAt(i)
      if (x !== y) return (x === 0x2f ? 0 : x) - (y === 0x2f ? 0 : y)
    }
    return a.length - b.length
  }
  return compareRaw(textToBytes(a) ?? encoder.encode(a), textToBytes(b) ?? encoder.encode(b))
}

function compareRaw(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const x = a[i]!
    const y = b[i]!
    if (x !== y) return (x === 0x2f ? 0 : x) - (y === 0x2f ? 0 : y)
  }
  return a.length - b.length
}

function decodeOne(bytes: Uint8Array, length: number): string | null {
  if (bytes.length !== length) return null
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

const hex = (b: number) => `\\x${b.toString(16).padStart(2, '0')}`

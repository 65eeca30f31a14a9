/**
 * The text form of a path: valid UTF-8 stays as it is, `\` becomes `\\`, control bytes and bytes that are not valid UTF-8
 * become `\xHH`. It is a bijection between byte strings and texts, used in manifests, JSON, the CLI and URLs.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const NEEDS_ESCAPE = /[\x00-\x1f\x7f\\]/g
const HAS_NO_ESCAPE = /^[^\x00-\x1f\x7f\\]*$/
/** Letters of the longest escape, `\xHH`. */
const ESCAPE_LENGTH = 4

/** Raw name bytes to their text form. */
export function bytesToText(bytes: Uint8Array): string {
  if (isPlain(bytes)) return String.fromCharCode.apply(null, bytes as unknown as number[])
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return mixedToText(bytes)
  }
  return text.replace(NEEDS_ESCAPE, (character) => (character === '\\' ? '\\\\' : hex(character.charCodeAt(0))))
}

/** The text form back to raw bytes; null when the text is not a valid text form. */
export function textToBytes(text: string): Uint8Array | null {
  if (HAS_NO_ESCAPE.test(text)) return text.isWellFormed() ? encoder.encode(text) : null
  const parts: number[] = []
  for (let at = 0; at < text.length; ) {
    const backslash = text.indexOf('\\', at)
    for (const byte of encoder.encode(text.slice(at, backslash === -1 ? text.length : backslash))) parts.push(byte)
    if (backslash === -1) break
    const digits = /^\\(?:\\|x([0-9a-f]{2}))/.exec(text.slice(backslash, backslash + ESCAPE_LENGTH))
    if (!digits) return null
    parts.push(digits[1] === undefined ? 0x5c : Number.parseInt(digits[1], 16))
    at = backslash + digits[0].length
  }
  const bytes = Uint8Array.from(parts)
  // Only the canonical spelling is accepted: `\x41` for `A` would give one path two names, and so would a control character as it is.
  return bytesToText(bytes) === text ? bytes : null
}

/** Order of two text-form paths as the archive keeps them: memcmp of raw bytes with `/` sorting before every other byte. */
export function comparePaths(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  let at = 0
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++
  if (at === shorter) return a.length - b.length
  // Where the texts differ in an escape, only the bytes can tell; elsewhere UTF-8 sorts as the code points do.
  for (let i = Math.max(0, at - ESCAPE_LENGTH + 1); i < at; i++) if (a.charCodeAt(i) === 0x5c) return compareBytes(a, b)
  const x = a.charCodeAt(at)
  const y = b.charCodeAt(at)
  return x === 0x5c || y === 0x5c ? compareBytes(a, b) : rankOf(x) - rankOf(y)
}

/** UTF-16 units in the order of their code points: surrogates stand for what comes after U+FFFF. */
function rankOf(unit: number): number {
  if (unit === 0x2f) return 0
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

function compareBytes(a: string, b: string): number {
  const x = textToBytes(a) ?? encoder.encode(a)
  const y = textToBytes(b) ?? encoder.encode(b)
  const shorter = Math.min(x.length, y.length)
  for (let i = 0; i < shorter; i++) if (x[i] !== y[i]) return (x[i] === 0x2f ? 0 : x[i]!) - (y[i] === 0x2f ? 0 : y[i]!)
  return x.length - y.length
}

function isPlain(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false
  }
  return true
}

/** The text form of bytes that are not UTF-8 as a whole: character by character where there are any. */
function mixedToText(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]!
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1
    const character = length > 1 ? decodeOne(bytes.subarray(i, i + length), length) : null
    if (character !== null) {
      text += character
      i += length
      continue
    }
    if (byte === 0x5c) text += '\\\\'
    else text += byte < 0x20 || byte > 0x7e ? hex(byte) : String.fromCharCode(byte)
    i++
  }
  return text
}

function decodeOne(bytes: Uint8Array, length: number): string | null {
  if (bytes.length !== length) return null
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`

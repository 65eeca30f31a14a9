/** Bytes of a file that are shown at once. */
export const WINDOW_BYTES = 2 * 1024 * 1024

/** The text that a window of a file holds, cut after a whole line unless the file ends there; null when it is binary. */
export function textWindow(
  bytes: Buffer,
  offset: number,
  sizeBytes: number,
): { text: string; nextOffsetBytes: number | null } | { text: null; nextOffsetBytes: null } {
  if (bytes.includes(0)) return { text: null, nextOffsetBytes: null }
  if (offset + bytes.length >= sizeBytes) return { text: bytes.toString('utf8'), nextOffsetBytes: null }
  const whole = wholeLines(bytes)
  return { text: whole.toString('utf8'), nextOffsetBytes: offset + whole.length }
}

/** Up to the last line break, so that no character is cut in two; a single endless line is cut at a character. */
function wholeLines(bytes: Buffer): Buffer {
  const lastBreak = bytes.lastIndexOf(0x0a)
  if (lastBreak > 0) return bytes.subarray(0, lastBreak + 1)
  let end = bytes.length
  while (end > 1 && (bytes[end - 1]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, Math.max(1, bytes[end - 1]! >= 0xc0 ? end - 1 : end))
}

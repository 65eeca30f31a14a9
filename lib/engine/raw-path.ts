import { bytesToText, textToBytes } from '#lib/base/path-text.ts'

/** A path as the file system has it, one character per byte (latin1): it splits and compares like a string and loses nothing. */
export type RawPath = string

/** The raw path of bytes. */
export function rawOfBytes(bytes: Uint8Array): RawPath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** The raw path of a JavaScript string that names a file the way Node takes it (UTF-8 on disk). */
export function rawOfString(path: string): RawPath {
  return ASCII.test(path) ? path : Buffer.from(path, 'utf8').toString('latin1')
}

/** The raw path of a text form; null when it is none. */
export function rawOfText(text: string): RawPath | null {
  if (PLAIN.test(text)) return text
  const bytes = textToBytes(text)
  return bytes === null ? null : rawOfBytes(bytes)
}

/** The text form of a raw path. */
export function textOfRaw(raw: RawPath): string {
  return PLAIN.test(raw) ? raw : bytesToText(Buffer.from(raw, 'latin1'))
}

/** What node:fs takes for a raw path. */
export function fsPath(raw: RawPath): string | Buffer {
  return ASCII.test(raw) ? raw : Buffer.from(raw, 'latin1')
}

/** `folder/name`, or just the name at the top. */
export function joinRaw(folder: RawPath, name: RawPath): RawPath {
  return folder === '' ? name : folder === '/' ? `/${name}` : `${folder}/${name}`
}

/** The folder part of a raw path; empty at the top. */
export function folderOfRaw(raw: RawPath): RawPath {
  const at = raw.lastIndexOf('/')
  return at < 0 ? '' : raw.slice(0, at)
}

/** The last name of a raw path. */
export function nameOfRaw(raw: RawPath): RawPath {
  return raw.slice(raw.lastIndexOf('/') + 1)
}

/** True when a path is the folder itself or lies below it, on component borders. */
export function isWithinRaw(path: RawPath, folder: RawPath): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/
const ASCII = /^[\x01-\x7f]*$/

/** Keys on paper and in key files: `orchive-key-1`, the 32 bytes as eight groups of hex digits, and a group that shows a slip of the pen. */
import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { KEY_BYTES } from './sealing.ts'

const PREFIX = 'orchive-key-1'
const CHECK_DIGITS = 8

/** A key as it is printed. */
export function formatKey(key: Buffer): string {
  return `${PREFIX} ${(key.toString('hex') + checkOf(key)).match(/.{8}/g)!.join('-')}`
}

/** The key in what was printed, whatever spaces, dashes or line ends are between; throws `key_wrong`. */
export function parseKey(text: string): Buffer {
  const digits = text
    .trim()
    .toLowerCase()
    .replace(PREFIX, '')
    .replace(/[\s-]+/g, '')
  if (!/^[0-9a-f]+$/.test(digits) || digits.length !== KEY_BYTES * 2 + CHECK_DIGITS) {
    throw new AppError('key_wrong', {
      message: 'This is no key of a repository: it should be nine groups of eight hex digits.',
      hint: 'A key file is what `orchive repository init --encrypt` printed, or ORCHIVE_HOME/keys/ID.key of a host.',
    })
  }
  const key = Buffer.from(digits.slice(0, KEY_BYTES * 2), 'hex')
  if (checkOf(key) === digits.slice(KEY_BYTES * 2)) return key
  throw new AppError('key_wrong', {
    message: 'A digit of this key is not right: its last group does not fit the others.',
    hint: 'Compare it with the paper, group by group.',
  })
}

const checkOf = (key: Buffer) => createHash('sha256').update(key).digest('hex').slice(0, CHECK_DIGITS)

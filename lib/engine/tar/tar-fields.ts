/** The fields of a tar header: numbers in the spellings that programs have used, and what is said where one is none. */
import { AppError } from '#lib/base/errors.ts'

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER)

/** Octal text, or a binary number where the first bit is set. Negative ones are there for times before 1970. */
export function numberField(block: Buffer, at: number, bytes: number): bigint {
  const first = block[at]!
  if (first & 0x80) {
    let value = BigInt(first & 0x40 ? first - 0x100 : first & 0x3f)
    for (let i = 1; i < bytes; i++) value = value * 256n + BigInt(block[at + i]!)
    return value
  }
  const text = upToNul(block.subarray(at, at + bytes))
    .toString('latin1')
    .trim()
  if (text === '') return 0n
  if (!/^[0-7]+$/.test(text)) throw unreadable('has a field that is no octal number')
  return BigInt(`0o${text}`)
}

/** The bytes before the first zero byte. */
export function upToNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return end === -1 ? bytes : bytes.subarray(0, end)
}

/** A whole number from 0 on; throws `import_unreadable` naming `what`. */
export function within(value: bigint, what: string, largest = LARGEST): number {
  if (value < 0n || value > largest) throw unreadable(`names ${what} that cannot be`)
  return Number(value)
}

/** The decimal number of a pax record; undefined where there is none. */
export function wholeOf(value: Buffer | undefined): bigint | undefined {
  if (value === undefined) return undefined
  const text = value.toString('latin1')
  if (!/^\d{1,20}$/.test(text)) throw unreadable('has a pax header with a number that is none')
  return BigInt(text)
}

/** The error for a stream that is no tar file any program would have made. */
export function unreadable(what: string): AppError {
  return new AppError('import_unreadable', {
    message: `The tar stream ${what}.`,
    hint: 'Look at it with `tar -t`; if it was copied, copy it again.',
  })
}

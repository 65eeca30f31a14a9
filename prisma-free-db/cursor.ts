import { AppError } from '#lib/base/errors.ts'

/** What a cursor keeps of the last row of a page: the columns that the list is ordered by. */
export type CursorKey = (string | number)[]

/**
 * An opaque place in a list. `list` names the list and its order, so that a cursor of another one is refused
 * instead of giving a page of nonsense.
 */
export function encodeCursor(list: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url')
}

/**
 * The key in a cursor, checked against the expected types; null for no cursor (the first page).
 * Throws `invalid_input` for anything that this list did not hand out.
 */
export function decodeCursor<const Shape extends readonly ('string' | 'number')[]>(
  list: string,
  cursor: string | null | undefined,
  shape: Shape,
): { [I in keyof Shape]: Shape[I] extends 'string' ? string : number } | null {
  if (cursor === null || cursor === undefined) return null
  const key = parse(cursor)
  const fits =
    key !== null &&
    key.length === shape.length + 1 &&
    key[0] === list &&
    shape.every((type, i) => typeof key[i + 1] === type && (type === 'string' || Number.isSafeInteger(key[i + 1])))
  if (!fits) {
    throw new AppError('invalid_input', {
      message: 'The cursor of this list is not valid.',
      hint: 'Start again from the first page; a cursor only fits the list that gave it.',
      context: { list },
    })
  }
  return key.slice(1) as never
}

/** A limit between 1 and `most`; throws `invalid_input` for anything that is not a whole number above 0. */
export function pageLimit(limit: number | undefined, usual: number, most: number): number {
  if (limit === undefined) return usual
  if (!Number.isInteger(limit) || limit < 1) {
    throw new AppError('invalid_input', { message: `A page cannot have ${limit} rows.`, hint: `Ask for 1 to ${most} rows.` })
  }
  return Math.min(limit, most)
}

function parse(cursor: string): unknown[] | null {
  if (!/^[A-Za-z0-9_-]{1,32768}$/.test(cursor)) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

/** What has to hold of a JSON text: that it parses, or a condition such as `/taskHistory/length > 100`, `/agents/0/enabled = true`, `/stateFile exists`. */
import { AppError } from '#lib/base/errors.ts'
import { isObject, isSameJson, type Json, memberOf } from './json-value.ts'

const OPERATORS = ['exists', 'absent', '=', '!=', '<=', '<', '>=', '>', 'contains'] as const
type Operator = (typeof OPERATORS)[number]

export interface JsonCheck {
  /** As it was written. */
  text: string
  holds(value: Json): boolean
}

/** Reads `POINTER [OPERATOR VALUE]`; a pointer is of RFC 6901, and `/length` at the end of a list is its length. Throws `usage`. */
export function parseCheck(text: string): JsonCheck {
  const match = /^(\S*)(?:\s+(\S+)(?:\s+([\s\S]+))?)?$/.exec(text.trim())
  const [, pointer = '', operator = 'exists', operand] = match ?? []
  const isKnown = (OPERATORS as readonly string[]).includes(operator)
  const needsOperand = operator !== 'exists' && operator !== 'absent'
  if (!match || !isKnown || (pointer !== '' && !pointer.startsWith('/')) || needsOperand !== (operand !== undefined)) {
    throw new AppError('usage', {
      message: `“${text}” is no condition.`,
      hint: `Write a JSON pointer, one of ${OPERATORS.join(' ')}, and a value, e.g. “/taskHistory/length > 100”.`,
    })
  }
  const keys = pointer.split('/').slice(1).map(plainKey)
  const wanted = operand === undefined ? undefined : operandOf(operand)
  return { text: text.trim(), holds: (value) => judge(operator as Operator, at(value, keys), wanted) }
}

const plainKey = (key: string) => key.replaceAll('~1', '/').replaceAll('~0', '~')

/** JSON, or else the text itself, so that words need no quotes. */
function operandOf(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function at(value: Json, keys: readonly string[]): Json | undefined {
  let now: Json | undefined = value
  for (const key of keys) {
    if (Array.isArray(now)) now = key === 'length' ? now.length : /^(?:0|[1-9]\d*)$/.test(key) ? now[Number(key)] : undefined
    else now = isObject(now) ? memberOf(now, key) : undefined
  }
  return now
}

function judge(operator: Operator, found: Json | undefined, wanted: Json | undefined): boolean {
  if (operator === 'absent') return found === undefined
  if (found === undefined) return false
  switch (operator) {
    case 'exists':
      return true
    case '=':
      return isSameJson(found, wanted!)
    case '!=':
      return !isSameJson(found, wanted!)
    case 'contains':
      return typeof found === 'string'
        ? found.includes(String(wanted))
        : Array.isArray(found) && found.some((item) => isSameJson(item, wanted!))
    default:
      return isOrdered(operator, found, wanted!)
  }
}

/** Numbers by value, texts (and so ISO times) by their characters; anything else is in no order. */
function isOrdered(operator: '<' | '<=' | '>' | '>=', a: Json, b: Json): boolean {
  const isComparable = (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')
  if (!isComparable) return false
  const order = a === b ? 0 : a! < b! ? -1 : 1
  return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0
}

import { formatCount } from './units.ts'

/** `1 file`, `4,817 files`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${formatCount(count)} ${pluralWord(count, one, many)}`

/** The word alone, for where the number stands by itself. */
export const pluralWord = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many)

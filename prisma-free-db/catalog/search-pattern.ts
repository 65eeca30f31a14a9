import { AppError } from '#lib/base/errors.ts'

/** A search text, taken apart. */
export interface SearchPattern {
  /** LIKE pattern for the name of an entry, with `!` as escape. */
  nameLike: string
  /** LIKE pattern for the path of its folder; null = any folder. */
  folderLike: string | null
  /** FTS5 query that every match fulfils; null when no run of 3 characters of the name is given. */
  match: string | null
}

/**
 * Reads a search text. Without wildcards it is a part of a name, in any case of ASCII letters; `*` and `?` make it a
 * pattern for the whole name. With a `/`, what stands before the last one is about the folder: its end, or with wildcards
 * the whole of it.
 */
export function parsePattern(text: string): SearchPattern {
  const pattern = text.trim()
  if (pattern === '' || pattern === '/') {
    throw new AppError('invalid_input', {
      message: 'There is nothing to search for.',
      hint: 'Give a part of a name, such as `run-12` or `*.jsonl`.',
    })
  }
  // Each `*` multiplies the work of a comparison.
  if (pattern.length > 1000 || pattern.split('*').length > 10) {
    throw new AppError('invalid_input', {
      message: 'The search text is too long or has too many `*`.',
      hint: 'Give up to 1,000 characters and up to 9 `*`.',
    })
  }
  const hasWildcards = /[*?]/.test(pattern)
  const slash = pattern.lastIndexOf('/')
  const name = pattern.slice(slash + 1)
  const folder = slash < 0 ? null : pattern.slice(0, slash)
  return {
    nameLike: hasWildcards ? like(name) : slash < 0 ? `%${like(name)}%` : `${like(name)}%`,
    folderLike: folder === null ? null : hasWildcards ? like(folder) : `%${like(folder)}`,
    match: trigramsOf(name),
  }
}

function like(text: string): string {
  return text.replace(/[!%_]/g, '!$&').replace(/\*+/g, '%').replaceAll('?', '_')
}

/** The index keeps no positions, so a longer text is asked for as all of its trigrams at once. */
function trigramsOf(text: string): string | null {
  const grams = new Set<string>()
  for (const run of text.split(/[*?]+/)) {
    const characters = [...run]
    for (let i = 0; i + 3 <= characters.length; i++) grams.add(characters.slice(i, i + 3).join(''))
  }
  if (grams.size === 0) return null
  return [...grams].map((gram) => `"${gram.replaceAll('"', '""')}"`).join(' AND ')
}

/**
 * Writes what is only a record of the work, and goes on when that fails: a busy database or a full disk must fail no job, end no console and disown
 * no process. Whoever calls it knows what says the same, or what makes it good later.
 */
export function attempt(write: () => void): void {
  try {
    write()
  } catch {
    // As above.
  }
}

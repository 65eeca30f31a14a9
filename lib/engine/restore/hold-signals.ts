const HELD: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

/** Keeps signals that would end this process from doing so until the returned function is called. Listeners of others still hear of them. */
export function holdSignals(): () => void {
  const hold = () => {}
  for (const signal of HELD) process.on(signal, hold)
  return () => {
    for (const signal of HELD) process.off(signal, hold)
  }
}

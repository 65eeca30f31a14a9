const NOBODY = 65534

/** Runs work that must meet "permission denied" even where tests run as root. The temporary folder must be open to others on the way. */
export function withoutRootRights<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid!(NOBODY)
  try {
    return work()
  } finally {
    process.seteuid!(0)
  }
}

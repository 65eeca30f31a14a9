/** A kind of workspace that the tools are run over. */
export interface BenchWorkspace {
  name: string
  /** What it is, for the report. */
  about: string
  /** Writes it into a folder that is not there yet. */
  make(root: string): void
  /** A day of use. */
  advanceDay(root: string, day: number): void
  /** Time passes: files go, so that old archives alone need what was in them. */
  age(root: string): void
  /** A file that is restored alone, by its path below the root. */
  oneFile: string
  /** Steps that make sense for it; undefined = all. */
  steps?: readonly string[]
  /** So many rounds at most. */
  mostRounds?: number
}

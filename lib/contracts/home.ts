/** A copy of the console's database as it was put beside the archives of a repository. */
export interface ConsoleCopy {
  repository: string
  name: string
  bytes: number
  /** Why it could not be put there; null = it was. */
  problem: string | null
}

/** A home's database as it was brought back. */
export interface RestoredConsole {
  /** Name of the object in the repository. */
  from: string
  /** When the copy was made, ISO 8601. */
  at: string
  people: number
  workspaces: number
  /** People who have to set two-step sign-in up again. */
  twoStepEnded: number
  /** Where the database that was there lies now. */
  movedTo: string | null
}

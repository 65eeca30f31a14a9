/** What pages need of the contract of a whole host before anything of it is shown: no schema is loaded for it. */
import { plural } from '#lib/base/plural.ts'
import type { BroughtBack, WholeHostResult } from './whole-host.ts'

/** What somebody types who means it: the name of the only one, else how many. */
export const wholeHostConfirmation = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : plural(names.length, 'workspace')

/** What a job of several workspaces tells of them; null for the result of any other. */
export const wholeHostResult = (result: unknown): WholeHostResult | null =>
  (result as { runbook?: unknown } | null | undefined)?.runbook === 'whole-host' ? (result as WholeHostResult) : null

/** Those that are still to be brought back; one whose orchestrator did not start is there. */
export const isMissing = ({ outcome, areFilesBack }: BroughtBack): boolean => outcome !== 'back' && outcome !== 'here' && !areFilesBack

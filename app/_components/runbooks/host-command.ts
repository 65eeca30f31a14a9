import { commandText } from '#lib/base/command-text.ts'
import { asTyped, hostOptions, wholeHostOptions } from '#lib/contracts/host-options.ts'

/** What somebody would type to bring several back; `from` = the options that name where they come from. */
export const wholeHostCommand = (from: readonly string[], request: Parameters<typeof wholeHostOptions>[0]): string =>
  commandText(['orchive', 'recover', 'host', ...from, ...asTyped(wholeHostOptions(request))])

/** What somebody would type for one. */
export const hostCommand = (from: readonly string[], request: Parameters<typeof hostOptions>[0]): string =>
  commandText(['orchive', 'recover', 'host', ...from, ...asTyped(hostOptions(request))])

import { findBreak } from '#lib/services/compare/find-break.ts'
import { namedWorkspace, prepareCatalog } from '../named.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

/** `bisect PATH [W]` */
export async function bisect(run: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const { ctx, out } = run
  const workspace = namedWorkspace(run, args[1])
  await prepareCatalog(run)
  const { color } = out
  const paint = { good: color.green, bad: color.red, unknown: color.yellow }
  const found = await findBreak(ctx, {
    workspace,
    path: args[0]!.replace(/^(\.\/)+|\/+$/g, ''),
    condition: options.exists === true ? 'exists' : String(options.where ?? 'parses'),
    onStep: ({ archiveId, createdAt, verdict, why, left }) =>
      out.said(`${shortTime(createdAt)}  ${archiveId}  ${paint[verdict](verdict.padEnd(7))}  ${why}  ${color.dim(`${left} left`)}`),
  })
  if (out.isJson) return out.document(found)
  const { lastGood, firstBad } = found
  if (firstBad === null) return out.line(lastGood ? 'Nothing is broken: the newest archive is good.' : 'No archive could be looked at.')
  if (lastGood === null) return out.line(`Even the oldest archive is bad: ${firstBad.archiveId} of ${shortTime(firstBad.createdAt)}.`)
  out.line(
    `It broke after ${lastGood.archiveId} (${shortTime(lastGood.createdAt)}), by ${firstBad.archiveId} (${shortTime(firstBad.createdAt)}).`,
  )
  out.said(color.dim(`See how: orchive diff ${lastGood.archiveId} ${firstBad.archiveId} --path ${found.path}`))
}

import type { Settled } from '#lib/contracts/restore.ts'
import { listOpenJournals, settleWorkspace, WATCH_MS } from '#lib/services/restore/settle-workspace.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { settledText } from '../settled-text.ts'

/** `settle [W]` */
export async function settle({ ctx, out, signal }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const workspaces = args[0] === undefined ? listOpenJournals(ctx) : [pickWorkspace(ctx, args[0])]
  const settled: Settled[] = []
  for (const workspace of workspaces) {
    const abandon = options.abandon === true
    const done = await settleWorkspace(ctx, { workspace, waitMs: waitMsOf(options), watchMs: WATCH_MS, abandon, signal })
    if (done) settled.push(done)
  }
  if (out.isJson) return out.document({ type: 'result', settled })
  for (const one of settled) out.line(settledText(one))
  if (settled.length === 0) out.said('Nothing is open.')
}

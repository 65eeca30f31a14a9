import { reportDisk } from '#lib/services/disk/disk-report.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { printReport } from '../disk-text.ts'
import { prepareCatalog } from '../named.ts'
import type { Run } from '../program.ts'

/** `disk [W]` */
export async function disk(run: Run, args: string[]): Promise<void> {
  const { ctx, out, signal } = run
  const workspace = pickWorkspace(ctx, args[0])
  await prepareCatalog(run)
  const report = await reportDisk(ctx, workspace, signal)
  if (out.isJson) return out.document(report)
  printReport(out, report)
}

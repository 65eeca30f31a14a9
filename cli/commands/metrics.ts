import { metricsText } from '#lib/services/metrics/collect-metrics.ts'
import { prepareCatalog } from '../named.ts'
import type { Run } from '../program.ts'

/** `metrics` */
export async function metrics(run: Run): Promise<void> {
  await prepareCatalog(run)
  const text = await metricsText(run.ctx)
  if (run.out.isJson) return run.out.document({ text })
  run.out.line(text.trimEnd())
}

import { useRead } from '#lib/client/queries.ts'

/** Who stops the orchestrator before live items are replaced: Orchive where the host file says how, else whoever restores. Null = not known yet. */
export function useStopWords(workspaceId: `ws_${string}`): { isStopped: boolean; text: string } | null {
  const { data } = useRead('showRuntime', { workspace: workspaceId })
  if (!data) return null
  return data.isConfigured
    ? { isStopped: true, text: 'The orchestrator is stopped for it, proven to have stopped, and started again' }
    : { isStopped: false, text: 'Stop the orchestrator first: it rewrites its State file while it runs' }
}

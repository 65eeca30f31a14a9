/** Next calls this once when it starts. Where it has a thread of its own, the web server does the console's own work. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const [{ isMainThread }, { bootConsole }, { askSession }, { offerSessions }] = await Promise.all([
    import('node:worker_threads'),
    import('#lib/runtime/boot.ts'),
    import('#lib/server/auth.ts'),
    import('#lib/server/known-sessions.ts'),
  ])
  offerSessions(askSession)
  if (isMainThread) bootConsole()
}

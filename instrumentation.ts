/** Next calls this once when the server starts. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const [{ bootConsole }, { askSession }, { offerSessions }] = await Promise.all([
    import('#lib/runtime/boot.ts'),
    import('#lib/server/auth.ts'),
    import('#lib/server/known-sessions.ts'),
  ])
  offerSessions(askSession)
  bootConsole()
}

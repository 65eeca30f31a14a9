/** Posts JSON to the console; null when it was taken, else what went wrong in one sentence. */
export async function postJson(path: string, body: unknown): Promise<string | null> {
  try {
    const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    if (response.ok) return null
    if (response.status === 429) return 'Too many attempts. Wait a minute, then try again.'
    const answer = (await response.json().catch(() => ({}))) as { message?: string; hint?: string }
    return [answer.message ?? `The console answered ${response.status}.`, answer.hint].filter(Boolean).join(' ')
  } catch {
    return 'The console cannot be reached. Check that it is running.'
  }
}

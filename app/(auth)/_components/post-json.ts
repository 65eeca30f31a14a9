/** Posts JSON to the console; null when it was taken, else what went wrong in one sentence. */
export async function postJson(path: string, body: unknown): Promise<string | null> {
  const answer = await postForJson(path, body)
  return 'failed' in answer ? answer.failed : null
}

/** The same with what came back. */
export async function postForJson<T>(path: string, body: unknown): Promise<{ data: T } | { failed: string }> {
  try {
    const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    const answer = (await response.json().catch(() => ({}))) as { message?: string; hint?: string }
    if (response.ok) return { data: answer as T }
    if (response.status === 429) return { failed: 'Too many attempts. Wait a minute, then try again.' }
    return { failed: [answer.message ?? `The console answered ${response.status}.`, answer.hint].filter(Boolean).join(' ') }
  } catch {
    return { failed: 'The console cannot be reached. Check that it is running.' }
  }
}

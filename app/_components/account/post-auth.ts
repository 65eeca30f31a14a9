type Answer<T> = { data: T } | { error: { message: string; hint: string } }

/** Posts to the auth library's own API, about one's own account. */
export async function postAuth<T>(path: string, body: unknown): Promise<Answer<T>> {
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const told = (await response.json().catch(() => ({}))) as T & { message?: string }
    if (response.ok) return { data: told }
    const message = response.status === 429 ? 'Too many attempts.' : (told.message ?? `The console answered ${response.status}.`)
    return { error: { message, hint: response.status === 429 ? 'Wait a minute, then try again.' : 'Nothing was changed.' } }
  } catch {
    return { error: { message: 'The console does not answer.', hint: 'Look whether it still runs, then try again.' } }
  }
}

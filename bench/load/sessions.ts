import { ADMIN, type RunningConsole } from '../../test/builders/start-console.ts'

/** Somebody at a browser: a session of their own. */
export interface Session {
  role: string
  cookie: string
}

const PASSWORD = 'a long enough password'
const ROLES = ['lead', 'operator', 'viewer'] as const
/** Sign-ins at a time: each keeps a processor busy with its password. */
const AT_ONCE = 4

/** Signs in as many times as sessions are wanted, as an admin, a lead, an operator and a viewer in turn. The console has to trust its proxy. */
export async function signInAll(console: RunningConsole, sessions: number): Promise<Session[]> {
  const people = [{ role: 'admin', email: ADMIN.email, password: ADMIN.password }]
  const admin = await console.signUp()
  for (const role of ROLES) people.push({ role, email: await join(console.url, admin, role), password: PASSWORD })
  const signedIn: Session[] = []
  const signIns = Array.from({ length: sessions }, (_, n) => n).values()
  const signer = async () => {
    for (const n of signIns) {
      const { role, email, password } = people[n % people.length]!
      signedIn.push({ role, cookie: await signIn(console.url, { email, password }, n) })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, signer))
  return signedIn
}

async function post(url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return response
}

/** Invites somebody, who joins; gives their address. */
async function join(url: string, cookie: string, role: string): Promise<string> {
  const email = `${role}@example.test`
  const invited = await post(url, '/api/v1/invitations', { email, access: { role, everywhere: true, workspaces: [] } }, { cookie })
  const { path } = (await invited.json()) as { path: string }
  await post(url, '/api/v1/join', { token: path.split('#token=')[1], name: role, password: PASSWORD })
  return email
}

/** Every browser comes from an address of its own: sign-in is limited by address. */
async function signIn(url: string, who: { email: string; password: string }, n: number): Promise<string> {
  const response = await post(url, '/api/auth/sign-in/email', who, { 'x-forwarded-for': `10.0.${n >> 8}.${n & 255}` })
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

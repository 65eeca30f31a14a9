import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** Somebody whom the provider knows. */
export interface ProviderPerson {
  sub: string
  email: string
  email_verified: boolean
  name: string
}

export interface RunningProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** Lets the console at this address send people here. */
  allow(url: string): void
  /** Whoever comes next is this person. */
  signedIn: ProviderPerson
  stop(): Promise<void>
}

/** A real OpenID provider on a free port. It has no page of its own: whoever comes is who the test says. */
export async function startOpenIdProvider(person: ProviderPerson): Promise<RunningProvider> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = { client_id: 'orchive', client_secret: 'a secret between the two', redirect_uris: [] as string[] }
  const people = new Map<string, ProviderPerson>()
  const running: RunningProvider = {
    issuer,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    signedIn: person,
    allow(url) {
      client.redirect_uris.push(`${url}/api/auth/provider/callback`)
      server.removeAllListeners('request')
      server.on('request', providerOf().callback())
    },
    stop: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }

  function providerOf(): Provider {
    const provider = new Provider(issuer, {
      clients: [{ ...client, grant_types: ['authorization_code'], response_types: ['code'] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      // The claims are left to the userinfo endpoint, as the specification has it for the code flow.
      conformIdTokenClaims: true,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...people.get(id)! }) as never }),
    })
    provider.use(async (ctx, next) => {
      if (!ctx.path.startsWith('/interaction/')) return next()
      const { prompt, params, grantId } = await provider.interactionDetails(ctx.req, ctx.res)
      if (prompt.name === 'login') {
        people.set(running.signedIn.sub, running.signedIn)
        return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: running.signedIn.sub } })
      }
      const grant = grantId
        ? (await provider.Grant.find(grantId))!
        : new provider.Grant({ accountId: running.signedIn.sub, clientId: String(params.client_id) })
      grant.addOIDCScope('openid email profile')
      return provider.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true })
    })
    return provider
  }
  return running
}

import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setSignInProvider, signInSettings } from '#lib/services/sign-in/provider.ts'

export const GET = route(ENDPOINTS.signInSettings, signInSettings)

export const POST = route(ENDPOINTS.setSignInProvider, setSignInProvider)

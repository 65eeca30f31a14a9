import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { removeSignInProvider } from '#lib/services/sign-in/provider.ts'

export const POST = route(ENDPOINTS.removeSignInProvider, removeSignInProvider)

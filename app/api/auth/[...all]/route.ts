import { authResponse } from '#lib/server/auth.ts'

export { authResponse as GET, authResponse as POST }

import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setDefault, showDefault } from '#lib/services/retention/rules.ts'

export const GET = route(ENDPOINTS.retentionDefault, showDefault)

export const POST = route(ENDPOINTS.setRetentionDefault, setDefault)

import { setUpResponse } from '#lib/server/set-up.ts'

export const POST = setUpResponse

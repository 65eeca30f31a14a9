import { useLinkResponse } from '#lib/server/join.ts'

export const POST = useLinkResponse

import { lookAtLinkResponse } from '#lib/server/join.ts'

export const POST = lookAtLinkResponse

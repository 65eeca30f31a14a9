import { downloadResponse } from '#lib/server/download.ts'

export const GET = downloadResponse

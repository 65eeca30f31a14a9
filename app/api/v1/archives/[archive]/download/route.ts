import { download } from '#lib/server/download.ts'
import { streamedInNext } from '#lib/server/streamed-answer.ts'

export const GET = streamedInNext(download)

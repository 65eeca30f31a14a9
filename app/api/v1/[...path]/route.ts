import { apiResponse } from '#lib/server/api/answer-in-next.ts'

export { apiResponse as GET, apiResponse as POST }

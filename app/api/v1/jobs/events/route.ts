import { jobEventsResponse } from '#lib/server/job-events.ts'

export const GET = jobEventsResponse

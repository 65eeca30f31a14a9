import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listPeople } from '#lib/services/people/people.ts'

export const GET = route(ENDPOINTS.listPeople, listPeople)

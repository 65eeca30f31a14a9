import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setFloor, showFloor } from '#lib/services/disk/free-floor.ts'

export const GET = route(ENDPOINTS.freeFloor, showFloor)
export const POST = route(ENDPOINTS.setFreeFloor, setFloor)

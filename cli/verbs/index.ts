import type { Register } from '../program.ts'
import { registerAudit } from './audit.ts'
import { registerNotify } from './notify.ts'
import { registerPeople } from './people.ts'
import { registerReading } from './reading.ts'
import { registerRecover } from './recover.ts'
import { registerReplicas } from './replicas.ts'
import { registerRepositoryKeys } from './repository-keys.ts'
import { registerRetention } from './retention.ts'
import { registerSchedules } from './schedules.ts'
import { registerTrash } from './trash.ts'
import { registerUpkeep } from './upkeep.ts'
import { registerWork } from './work.ts'
import { registerWorkspaces } from './workspaces.ts'

/** Every verb with its arguments, in the order that help shows them. Bodies are loaded when they run, so that starting stays fast. */
export function registerVerbs(register: Register): void {
  registerWorkspaces(register)
  registerWork(register)
  registerReading(register)
  registerRecover(register)
  registerRetention(register)
  registerSchedules(register)
  registerTrash(register)
  registerReplicas(register)
  registerNotify(register)
  registerPeople(register)
  registerAudit(register)
  registerUpkeep(register)
  registerRepositoryKeys(register)
}

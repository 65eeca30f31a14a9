import type { ArchiveId } from '#lib/base/ids.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { absorbMarks } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'

/** The catalog reads an archive's marks again. */
export async function absorbChanged(ctx: ServiceContext, repository: Repository, id: ArchiveId): Promise<boolean> {
  return ctx.withCatalog((catalogDb) => absorbMarks({ repository, catalogDb }, id))
}

import { IconFlag3 } from '@tabler/icons-react'
import { ICON } from './parts.tsx'

/** Something about an archive looks wrong: torn, reset or shrunken content. */
export const SuspectMark = () => (
  <span className="st warn">
    <IconFlag3 {...ICON} />
    Suspect
  </span>
)

/** How long what was forgotten stays when nobody says otherwise. */
export const TRASH_DAYS = 7

/** Size and stroke of every icon; its own file, so that what the server draws has it as well. */
export const ICON = { size: 16, stroke: 1.75, 'aria-hidden': true, className: 'ic' } as const

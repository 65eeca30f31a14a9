/** New workspaces are backed up each night while the console runs. */
export const DEFAULT_SCHEDULE = '0 2 * * *'

/** Where the output of a command of a session ends; no verb prints it. */
export const END_MARK = '\u0000\u0001end\u0001\u0000'

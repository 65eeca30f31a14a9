/** A configured time as it was written: `30 s`, `0.5 s`. */
export const formatSeconds = (seconds: number): string => `${Number(seconds.toFixed(3))} s`

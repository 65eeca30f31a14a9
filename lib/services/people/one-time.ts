import { createHash, randomBytes } from 'node:crypto'

/** A secret that is shown once: 144 random bits. Of it only the hash is kept; it is long enough that the hash needs no salt and no stretching. */
export const newSecret = (): string => randomBytes(18).toString('base64url')

export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret.trim()).digest('hex')

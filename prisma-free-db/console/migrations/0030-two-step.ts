import type { Migration } from '../../migrate.ts'

/** Two-step sign-in: the table and column of the auth library's plugin (better-auth 1.7, two-factor). Secret and recovery codes are encrypted by it. */
export const twoStep: Migration = {
  name: 'two-step',
  up: (db) =>
    db.exec(`
      ALTER TABLE "user" ADD COLUMN "twoFactorEnabled" INTEGER DEFAULT 0;
      CREATE TABLE "twoFactor" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "secret" TEXT NOT NULL,
        "backupCodes" TEXT NOT NULL,
        "userId" TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
        "verified" INTEGER DEFAULT 1,
        "failedVerificationCount" INTEGER DEFAULT 0,
        "lockedUntil" DATE
      );
      CREATE INDEX "twoFactor_secret_idx" ON "twoFactor" ("secret");
      CREATE INDEX "twoFactor_userId_idx" ON "twoFactor" ("userId");
    `),
}

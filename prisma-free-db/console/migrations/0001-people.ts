import type { Migration } from '../../migrate.ts'

/**
 * The tables of the auth library (better-auth 1.7), with the column names and types that its own schema check looks for:
 * `date` columns hold ISO text and `bigint` ones milliseconds, neither of which a STRICT table can declare.
 */
export const people: Migration = {
  name: 'people',
  up: (db) =>
    db.exec(`
      CREATE TABLE "user" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "name" TEXT NOT NULL,
        "email" TEXT NOT NULL UNIQUE,
        "emailVerified" INTEGER NOT NULL,
        "image" TEXT,
        "createdAt" DATE NOT NULL,
        "updatedAt" DATE NOT NULL,
        "role" TEXT NOT NULL DEFAULT 'viewer' CHECK ("role" IN ('viewer', 'operator', 'lead', 'admin'))
      );
      CREATE TABLE "session" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "expiresAt" DATE NOT NULL,
        "token" TEXT NOT NULL UNIQUE,
        "createdAt" DATE NOT NULL,
        "updatedAt" DATE NOT NULL,
        "ipAddress" TEXT,
        "userAgent" TEXT,
        "userId" TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
      );
      CREATE INDEX "session_userId_idx" ON "session" ("userId");
      CREATE TABLE "account" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "accountId" TEXT NOT NULL,
        "providerId" TEXT NOT NULL,
        "userId" TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
        "accessToken" TEXT,
        "refreshToken" TEXT,
        "idToken" TEXT,
        "accessTokenExpiresAt" DATE,
        "refreshTokenExpiresAt" DATE,
        "scope" TEXT,
        "password" TEXT,
        "createdAt" DATE NOT NULL,
        "updatedAt" DATE NOT NULL
      );
      CREATE INDEX "account_userId_idx" ON "account" ("userId");
      CREATE TABLE "verification" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "identifier" TEXT NOT NULL,
        "value" TEXT NOT NULL,
        "expiresAt" DATE NOT NULL,
        "createdAt" DATE NOT NULL,
        "updatedAt" DATE NOT NULL
      );
      CREATE INDEX "verification_identifier_idx" ON "verification" ("identifier");
      CREATE TABLE "rateLimit" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "key" TEXT NOT NULL UNIQUE,
        "count" INTEGER NOT NULL,
        "lastRequest" BIGINT NOT NULL
      );
    `),
}

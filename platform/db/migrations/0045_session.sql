-- A session holds the refresh token it began with, by its hash and the moment of its rotation, or 0. The table refresh
-- has those that rotation issued later, and all of the sessions that began before this migration.
ALTER TABLE session ADD COLUMN refresh_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN refresh_replaced BIGINT NOT NULL DEFAULT 0;

-- What users see of their sessions: when and from where they were last used, and the single sign-on session of the hosted
-- pages that they came from, empty if none. active is 0 in sessions that began before this migration and were not used since.
ALTER TABLE session ADD COLUMN sso TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN active BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN ip TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN device_type TEXT NOT NULL DEFAULT '';

-- Lists and limits look at those that nobody has ended, however many are over.
DROP INDEX session_by_user;
CREATE INDEX session_by_user ON session (pool_id, sub, revoked);

-- How pools and clients keep account of sessions, as it was set; empty if never.
ALTER TABLE pool ADD COLUMN sessions TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN sessions TEXT NOT NULL DEFAULT '';

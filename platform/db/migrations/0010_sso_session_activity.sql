-- The last use of a single sign-on session, by its browser: the sign-in, or a code that it gave since.
ALTER TABLE sso_session ADD COLUMN active BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sso_session ADD COLUMN ip TEXT NOT NULL DEFAULT '';
ALTER TABLE sso_session ADD COLUMN device_type TEXT NOT NULL DEFAULT '';

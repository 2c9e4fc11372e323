-- The second factors that a user has switched on.
ALTER TABLE user_account ADD COLUMN mfa TEXT NOT NULL DEFAULT '';

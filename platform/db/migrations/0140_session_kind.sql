-- What a session is: that of an API sign-in or that of an OAuth grant.
ALTER TABLE session ADD COLUMN kind TEXT NOT NULL DEFAULT 'api';
UPDATE session SET kind = 'oauth' WHERE scopes <> '';

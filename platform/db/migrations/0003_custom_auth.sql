-- Custom sign-ins that have not succeeded: what their functions remember, which no Session has room for.
CREATE TABLE custom_auth (
  pool_id TEXT      NOT NULL,
  id      TEXT      NOT NULL, -- grows with time
  holder  TEXT      NOT NULL, -- the user, or what stands for an unknown one
  source  TEXT      NOT NULL, -- a keyed hash of the address that it was begun from; '' is not known
  round   BIGINT    NOT NULL, -- that waits for an answer; 0 is none
  sealed  {{bytes}} NOT NULL,
  expires BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, id)
);

CREATE INDEX custom_auth_by_holder ON custom_auth (pool_id, holder, source);
CREATE INDEX custom_auth_by_source ON custom_auth (pool_id, source);
CREATE INDEX custom_auth_by_expiry ON custom_auth (expires);

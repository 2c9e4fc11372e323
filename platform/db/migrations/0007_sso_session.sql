-- Single sign-on sessions of browsers at pools' domains. One that has ended has no row.
CREATE TABLE sso_session (
  pool_id      TEXT   NOT NULL,
  id           TEXT   NOT NULL,
  domain       TEXT   NOT NULL,
  sub          TEXT   NOT NULL,
  hash         TEXT   NOT NULL, -- of the secret in the browser's cookie
  proofs       TEXT   NOT NULL, -- by which the user has signed in, separated by spaces
  password_set BIGINT NOT NULL, -- the user's, then
  auth_time    BIGINT NOT NULL,
  expires      BIGINT NOT NULL,
  PRIMARY KEY (pool_id, id)
);

CREATE INDEX sso_session_by_user ON sso_session (pool_id, sub);
CREATE INDEX sso_session_by_expiry ON sso_session (expires);

-- A new session lasts as long as any client of the pool may reuse it.
CREATE INDEX client_by_sessions ON client (pool_id, sessions);

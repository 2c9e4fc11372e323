-- Signing keys of pools, and keys made ahead that belong to none yet.
CREATE TABLE signing_key (
  pool_id TEXT NOT NULL,
  kid     TEXT NOT NULL,
  purpose TEXT NOT NULL,
  created BIGINT NOT NULL,
  sealed  {{bytes}} NOT NULL,
  PRIMARY KEY (pool_id, kid)
);
CREATE TABLE signing_key_stock (
  kid     TEXT NOT NULL,
  created BIGINT NOT NULL,
  sealed  {{bytes}} NOT NULL,
  PRIMARY KEY (kid)
);

-- One row per sign-in. Its id is the event_id claim of every token that came of it.
CREATE TABLE session (
  pool_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  origin     TEXT NOT NULL,
  sub        TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  device_key TEXT NOT NULL,
  auth_time  BIGINT NOT NULL,
  created    BIGINT NOT NULL,
  expires    BIGINT NOT NULL,
  revoked    BIGINT NOT NULL,
  PRIMARY KEY (pool_id, id)
) {{clustered}};
CREATE INDEX session_by_user ON session (pool_id, sub);
CREATE INDEX session_by_expiry ON session (expires);

-- One row per refresh token ever issued in a session; replaced is the moment of its rotation, or 0.
CREATE TABLE refresh (
  pool_id    TEXT NOT NULL,
  session_id TEXT NOT NULL,
  hash       TEXT NOT NULL,
  created    BIGINT NOT NULL,
  replaced   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, session_id, hash)
) {{clustered}};

-- Things that work once and have been used.
CREATE TABLE spent (
  pool_id TEXT NOT NULL,
  what    TEXT NOT NULL,
  until   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, what)
) {{clustered}};
CREATE INDEX spent_by_end ON spent (until);

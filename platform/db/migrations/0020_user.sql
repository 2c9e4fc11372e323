-- Users, the names they sign in with, what they can be found by, and their groups.

CREATE TABLE user_account (
  pool_id      TEXT NOT NULL,
  sub          TEXT NOT NULL,
  username     TEXT NOT NULL,
  status       TEXT NOT NULL,
  enabled      BOOLEAN NOT NULL,
  created      BIGINT NOT NULL,
  modified     BIGINT NOT NULL,
  version      BIGINT NOT NULL,
  attributes   TEXT NOT NULL,
  pending      TEXT NOT NULL,
  password     {{bytes}},
  password_set BIGINT NOT NULL,
  history      {{bytes}},
  signed_out   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, sub)
);

-- One namespace for everything a user can sign in with, so that no alias can hide another's user name. Keys are folded
-- as the pool folds names.
CREATE TABLE user_name (
  pool_id TEXT NOT NULL,
  key     TEXT NOT NULL,
  kind    TEXT NOT NULL,
  sub     TEXT NOT NULL,
  PRIMARY KEY (pool_id, key)
) {{clustered}};

-- The search index of ListUsers. Keys are the beginnings of values.
CREATE TABLE user_attribute (
  pool_id TEXT NOT NULL,
  name    TEXT NOT NULL,
  key     TEXT NOT NULL,
  sub     TEXT NOT NULL,
  PRIMARY KEY (pool_id, name, key, sub)
) {{clustered}};

CREATE TABLE user_group (
  pool_id    TEXT NOT NULL,
  name       TEXT NOT NULL,
  precedence BIGINT,
  doc        TEXT NOT NULL,
  created    BIGINT NOT NULL,
  modified   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, name)
);

CREATE TABLE group_member (
  pool_id TEXT NOT NULL,
  name    TEXT NOT NULL,
  sub     TEXT NOT NULL,
  added   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, name, sub)
) {{clustered}};
CREATE INDEX group_member_by_user ON group_member (pool_id, sub, name);

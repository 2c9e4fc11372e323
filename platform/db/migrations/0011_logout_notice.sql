-- Apps that are to be told that a single sign-on session has ended, which has no row any more.
CREATE TABLE logout_notice (
  pool_id   TEXT   NOT NULL,
  client_id TEXT   NOT NULL,
  sso       TEXT   NOT NULL, -- the session
  sub       TEXT   NOT NULL,
  attempts  BIGINT NOT NULL,
  due       BIGINT NOT NULL, -- when to tell the app, or when the claim of the node that tries to expires
  expires   BIGINT NOT NULL, -- when it is not told any more
  PRIMARY KEY (pool_id, client_id, sso)
);

CREATE INDEX logout_notice_by_due ON logout_notice (due);
CREATE INDEX logout_notice_by_expiry ON logout_notice (expires);

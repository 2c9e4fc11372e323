-- Authorization codes of the hosted pages, by their hash. A code that was used stays for a while, so that it is recognized
-- when it comes again.
CREATE TABLE auth_code (
  pool_id    TEXT   NOT NULL,
  hash       TEXT   NOT NULL,
  client_id  TEXT   NOT NULL,
  sub        TEXT   NOT NULL,
  doc        TEXT   NOT NULL, -- what was asked for and proven, in JSON
  created    BIGINT NOT NULL,
  expires    BIGINT NOT NULL,
  used       BIGINT NOT NULL,
  session_id TEXT   NOT NULL, -- the session that it gave, or ''
  PRIMARY KEY (pool_id, hash)
) {{clustered}};

CREATE INDEX auth_code_by_user ON auth_code (pool_id, sub);
CREATE INDEX auth_code_by_expiry ON auth_code (expires);

-- The aud claim of the session's access tokens; '' is none.
ALTER TABLE session ADD COLUMN resource TEXT NOT NULL DEFAULT '';

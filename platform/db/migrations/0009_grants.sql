-- Authorization requests that apps have pushed, by the hash of their request_uri. One that was answered has no row.
CREATE TABLE pushed_request (
  pool_id   TEXT   NOT NULL,
  hash      TEXT   NOT NULL,
  client_id TEXT   NOT NULL,
  query     TEXT   NOT NULL, -- the parameters
  created   BIGINT NOT NULL,
  expires   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, hash)
);

CREATE INDEX pushed_request_by_expiry ON pushed_request (expires);

-- Devices that ask for tokens of a user, who answers in a browser.
CREATE TABLE device_grant (
  pool_id   TEXT   NOT NULL,
  id        TEXT   NOT NULL,
  hash      TEXT   NOT NULL, -- of the device code
  user_code TEXT   NOT NULL,
  client_id TEXT   NOT NULL,
  state     TEXT   NOT NULL, -- 'pending', 'asked', 'allowed', 'denied' or 'used'
  secret    TEXT   NOT NULL, -- the hash of what the browser that is asked has, or ''
  sub       TEXT   NOT NULL, -- who has signed in there, or ''
  doc       TEXT   NOT NULL, -- what is asked for and was proven, in JSON
  polled    BIGINT NOT NULL, -- when the device has asked last
  pause     BIGINT NOT NULL, -- milliseconds that it has to wait before it asks again
  created   BIGINT NOT NULL,
  expires   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, id)
);

CREATE UNIQUE INDEX device_grant_by_hash ON device_grant (pool_id, hash);
CREATE UNIQUE INDEX device_grant_by_user_code ON device_grant (pool_id, user_code);
CREATE INDEX device_grant_by_user ON device_grant (pool_id, sub);
CREATE INDEX device_grant_by_expiry ON device_grant (expires);

-- The thumbprint of the key that a session's refresh tokens are bound to; '' is none.
ALTER TABLE session ADD COLUMN jkt TEXT NOT NULL DEFAULT '';

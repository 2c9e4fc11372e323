-- The schema. Both engines read this text: {{bytes}} is BLOB or BYTEA, {{clustered}} keeps small rows in the primary
-- key's own tree on SQLite, and TEXT is ordered by bytes. Moments are Unix milliseconds, and 0 is never. A primary key
-- begins with the pool, so that a pool's rows lie together. Sealed columns open only with the pool's data keys.

-- The server.

-- The data keys that seal a pool's secrets, wrapped by the master key. The pool '' is the server itself.
CREATE TABLE data_key (
  pool_id TEXT      NOT NULL,
  key_id  BIGINT    NOT NULL,
  wrapped {{bytes}} NOT NULL,
  created BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, key_id)
);

-- Administrators' access keys.
CREATE TABLE access_key (
  id      TEXT      NOT NULL,
  sealed  {{bytes}} NOT NULL, -- the secret
  status  TEXT      NOT NULL,
  created BIGINT    NOT NULL,
  PRIMARY KEY (id)
);

-- Which node may run a job.
CREATE TABLE lease (
  name    TEXT   NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (name)
);

-- Pools and app clients. A doc is the settings as they were given, in JSON; secrets are not in it. A version grows with
-- every change.

CREATE TABLE pool (
  pool_id  TEXT   NOT NULL,
  version  BIGINT NOT NULL,
  doc      TEXT   NOT NULL,
  mfa      TEXT   NOT NULL, -- the MFA configuration, in JSON
  sessions TEXT   NOT NULL, -- how sessions are tracked, in JSON
  PRIMARY KEY (pool_id)
);

CREATE TABLE client (
  pool_id   TEXT   NOT NULL,
  client_id TEXT   NOT NULL,
  version   BIGINT NOT NULL,
  doc       TEXT   NOT NULL,
  sessions  TEXT   NOT NULL, -- how single sign-on sessions are reused, in JSON
  PRIMARY KEY (pool_id, client_id)
);

-- Unsigned requests name the client and not the pool.
CREATE UNIQUE INDEX client_by_id ON client (client_id);

CREATE TABLE client_secret (
  pool_id   TEXT      NOT NULL,
  client_id TEXT      NOT NULL,
  secret_id TEXT      NOT NULL,
  sealed    {{bytes}} NOT NULL,
  created   BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, client_id, secret_id)
);

CREATE TABLE resource_server (
  pool_id    TEXT NOT NULL,
  identifier TEXT NOT NULL,
  doc        TEXT NOT NULL,
  PRIMARY KEY (pool_id, identifier)
);

-- Users.

CREATE TABLE user_account (
  pool_id      TEXT      NOT NULL,
  sub          TEXT      NOT NULL,
  username     TEXT      NOT NULL,
  registered   TEXT      NOT NULL, -- the address given as the username; a verified one of its kind takes its place
  unproven     BOOLEAN   NOT NULL, -- whether the user signed up with it and has not proven yet that it is theirs
  status       TEXT      NOT NULL,
  enabled      BOOLEAN   NOT NULL,
  created      BIGINT    NOT NULL,
  modified     BIGINT    NOT NULL,
  version      BIGINT    NOT NULL,
  attributes   TEXT      NOT NULL, -- in JSON
  pending      TEXT      NOT NULL, -- new contacts that wait for their code, in JSON
  password     {{bytes}},          -- the sealed verifier or hash; none for users without a password
  password_set BIGINT    NOT NULL,
  history      {{bytes}},          -- former passwords, sealed
  mfa          TEXT      NOT NULL, -- the second factors that are switched on, in JSON; '' for none
  signed_out   BIGINT    NOT NULL, -- when all sessions begun before were ended
  PRIMARY KEY (pool_id, sub)
);

-- The names that users sign in with, of all kinds in one namespace, folded as the pool folds them.
CREATE TABLE user_name (
  pool_id TEXT NOT NULL,
  key     TEXT NOT NULL,
  kind    TEXT NOT NULL,
  sub     TEXT NOT NULL,
  PRIMARY KEY (pool_id, key)
) {{clustered}};

-- The search index of ListUsers. A key is the beginning of a value, in lower case where searches ignore case.
CREATE TABLE user_attribute (
  pool_id TEXT NOT NULL,
  name    TEXT NOT NULL,
  key     TEXT NOT NULL,
  sub     TEXT NOT NULL,
  PRIMARY KEY (pool_id, name, key, sub)
) {{clustered}};

CREATE TABLE user_group (
  pool_id    TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  precedence BIGINT,
  doc        TEXT   NOT NULL,
  created    BIGINT NOT NULL,
  modified   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, name)
);

CREATE TABLE group_member (
  pool_id TEXT   NOT NULL,
  name    TEXT   NOT NULL,
  sub     TEXT   NOT NULL,
  added   BIGINT NOT NULL,
  PRIMARY KEY (pool_id, name, sub)
) {{clustered}};

CREATE INDEX group_member_by_user ON group_member (pool_id, sub, name);

-- Factors.

-- The secret is the one in force, absent until one is verified. Pending is another, which replaces it once a code proves
-- that the user's app has it.
CREATE TABLE software_token (
  pool_id   TEXT      NOT NULL,
  sub       TEXT      NOT NULL,
  secret    {{bytes}},          -- sealed
  last_step BIGINT    NOT NULL, -- the time step of the last code that was accepted
  verified  BIGINT    NOT NULL,
  pending   {{bytes}},          -- sealed
  asked     BIGINT    NOT NULL, -- when the user was given pending
  PRIMARY KEY (pool_id, sub)
) {{clustered}};

-- One row per WebAuthn credential. Credential ids are in base64url, as they travel.
CREATE TABLE passkey (
  pool_id         TEXT      NOT NULL,
  sub             TEXT      NOT NULL,
  credential_id   TEXT      NOT NULL,
  relying_party   TEXT      NOT NULL,
  user_handle     {{bytes}} NOT NULL,
  public_key      {{bytes}} NOT NULL,
  sign_count      BIGINT    NOT NULL,
  verified        BOOLEAN   NOT NULL, -- whether the authenticator verified the user
  backup_eligible BOOLEAN   NOT NULL,
  backed_up       BOOLEAN   NOT NULL,
  aaguid          {{bytes}} NOT NULL,
  attestation     TEXT      NOT NULL,
  attachment      TEXT      NOT NULL,
  transports      TEXT      NOT NULL,
  name            TEXT      NOT NULL,
  client_id       TEXT      NOT NULL,
  created         BIGINT    NOT NULL,
  used            BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, sub, credential_id)
);

CREATE UNIQUE INDEX passkey_by_id ON passkey (pool_id, credential_id);

-- The registration ceremony that a user has begun; a newer one replaces it.
CREATE TABLE passkey_ceremony (
  pool_id   TEXT      NOT NULL,
  sub       TEXT      NOT NULL,
  client_id TEXT      NOT NULL,
  challenge {{bytes}} NOT NULL,
  expires   BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, sub)
) {{clustered}};

CREATE INDEX passkey_ceremony_by_expiry ON passkey_ceremony (expires);

-- Devices that users signed in on. A device that is not confirmed has no secret and is soon deleted.
CREATE TABLE device (
  pool_id       TEXT      NOT NULL,
  sub           TEXT      NOT NULL,
  device_key    TEXT      NOT NULL,
  group_key     TEXT      NOT NULL,
  client_id     TEXT      NOT NULL,
  name          TEXT      NOT NULL,
  sdk           TEXT      NOT NULL,
  ip            TEXT      NOT NULL,
  secret        {{bytes}},          -- the sealed verifier
  confirmed     BOOLEAN   NOT NULL,
  remembered    BOOLEAN   NOT NULL,
  created       BIGINT    NOT NULL,
  modified      BIGINT    NOT NULL,
  authenticated BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, sub, device_key)
);

CREATE INDEX device_unconfirmed ON device (created) WHERE confirmed = FALSE;

-- Sessions and tokens.

CREATE TABLE signing_key (
  pool_id TEXT      NOT NULL,
  kid     TEXT      NOT NULL,
  purpose TEXT      NOT NULL,
  created BIGINT    NOT NULL,
  sealed  {{bytes}} NOT NULL,
  PRIMARY KEY (pool_id, kid)
);

-- Keys made in advance, for new pools.
CREATE TABLE spare_signing_key (
  kid     TEXT      NOT NULL,
  created BIGINT    NOT NULL,
  sealed  {{bytes}} NOT NULL,
  PRIMARY KEY (kid)
);

-- One row per sign-in. Its id is the event_id claim of every token that came of it.
CREATE TABLE session (
  pool_id          TEXT   NOT NULL,
  id               TEXT   NOT NULL,
  kind             TEXT   NOT NULL, -- 'api' or 'oauth'
  origin           TEXT   NOT NULL, -- the origin_jti claim
  sub              TEXT   NOT NULL,
  client_id        TEXT   NOT NULL,
  scopes           TEXT   NOT NULL,
  device_key       TEXT   NOT NULL,
  sso              TEXT   NOT NULL, -- the single sign-on session of the hosted pages that it came from, or ''
  auth_time        BIGINT NOT NULL,
  created          BIGINT NOT NULL,
  expires          BIGINT NOT NULL,
  revoked          BIGINT NOT NULL,
  active           BIGINT NOT NULL, -- when it was last used
  ip               TEXT   NOT NULL,
  device_type      TEXT   NOT NULL,
  refresh_hash     TEXT   NOT NULL, -- of the first refresh token
  refresh_replaced BIGINT NOT NULL, -- when that was rotated
  PRIMARY KEY (pool_id, id)
) {{clustered}};

CREATE INDEX session_by_user ON session (pool_id, sub, revoked);
CREATE INDEX session_by_expiry ON session (expires);
CREATE INDEX session_by_end ON session (revoked) WHERE revoked > 0;

-- The refresh tokens of a session after the first.
CREATE TABLE refresh_token (
  pool_id    TEXT   NOT NULL,
  session_id TEXT   NOT NULL,
  hash       TEXT   NOT NULL,
  created    BIGINT NOT NULL,
  replaced   BIGINT NOT NULL, -- when it was rotated
  PRIMARY KEY (pool_id, session_id, hash)
) {{clustered}};

-- One-time values that have been used.
CREATE TABLE replay (
  pool_id TEXT   NOT NULL,
  key     TEXT   NOT NULL,
  expires BIGINT NOT NULL, -- when it would be refused as expired
  PRIMARY KEY (pool_id, key)
) {{clustered}};

CREATE INDEX replay_by_expiry ON replay (expires);

-- Failed proofs, by user, unknown name, address or client.
CREATE TABLE attempt (
  pool_id      TEXT   NOT NULL,
  key          TEXT   NOT NULL,
  failures     BIGINT NOT NULL,
  failed       BIGINT NOT NULL, -- when the last one was
  locked_until BIGINT NOT NULL,
  PRIMARY KEY (pool_id, key)
) {{clustered}};

CREATE INDEX attempt_by_age ON attempt (failed);

-- Codes and messages.

-- A user has one code for each purpose; a newer one replaces it.
CREATE TABLE code (
  pool_id   TEXT      NOT NULL,
  sub       TEXT      NOT NULL,
  purpose   TEXT      NOT NULL,
  attribute TEXT      NOT NULL,
  hash      {{bytes}} NOT NULL,
  tries     BIGINT    NOT NULL,
  expires   BIGINT    NOT NULL,
  PRIMARY KEY (pool_id, sub, purpose)
);

CREATE INDEX code_by_expiry ON code (expires);

-- Counters of actions that have a limit.
CREATE TABLE quota (
  pool_id TEXT   NOT NULL,
  name    TEXT   NOT NULL,
  uses    BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (pool_id, name)
);

CREATE INDEX quota_by_expiry ON quota (expires);

-- Messages to be delivered; in development they stay and are the inbox. A message without a medium is a decoy.
CREATE TABLE outbox (
  pool_id   TEXT      NOT NULL,
  id        TEXT      NOT NULL,
  queue     BIGINT    NOT NULL,
  medium    TEXT      NOT NULL,
  recipient TEXT      NOT NULL, -- a keyed hash of the address
  content   {{bytes}} NOT NULL, -- sealed
  written   BIGINT    NOT NULL,
  attempts  BIGINT    NOT NULL,
  due       BIGINT    NOT NULL, -- when to deliver it, or when the claim of the node that tries to ends
  expires   BIGINT    NOT NULL, -- when it is no longer worth delivering
  PRIMARY KEY (pool_id, id)
);

CREATE INDEX outbox_by_due ON outbox (queue, due);
CREATE INDEX outbox_by_time ON outbox (written);
CREATE INDEX outbox_by_recipient ON outbox (recipient, written);

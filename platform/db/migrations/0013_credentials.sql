-- Identity pools and IAM.

-- Identity pools.
CREATE TABLE identity_pool (
  id       TEXT   NOT NULL,
  version  BIGINT NOT NULL,
  mark     BIGINT NOT NULL, -- 48 random bits, by which the ids of its identities lead to the pool
  name     TEXT   NOT NULL,
  doc      TEXT   NOT NULL, -- as DescribeIdentityPool shows it
  roles    TEXT   NOT NULL, -- as GetIdentityPoolRoles shows them
  created  BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE UNIQUE INDEX identity_pool_by_mark ON identity_pool (mark);

-- What becomes of the claims of a provider's users in the sessions of an identity pool.
CREATE TABLE principal_tag_map (
  identity_pool_id TEXT    NOT NULL,
  provider         TEXT    NOT NULL,
  doc              TEXT    NOT NULL, -- as GetPrincipalTagAttributeMap shows it
  PRIMARY KEY (identity_pool_id, provider)
);

-- The identities of identity pools. Guests need no row: their ids prove themselves.
CREATE TABLE identity (
  identity_pool_id TEXT    NOT NULL,
  id               TEXT    NOT NULL,
  guest            BOOLEAN NOT NULL, -- whether no login was ever linked to it
  disabled         BOOLEAN NOT NULL,
  merged_into      TEXT    NOT NULL, -- the identity that took its logins; '' for none
  created          BIGINT  NOT NULL,
  modified         BIGINT  NOT NULL,
  PRIMARY KEY (identity_pool_id, id)
);

CREATE INDEX identity_unlinked ON identity (modified, identity_pool_id, id) WHERE guest = TRUE AND disabled = FALSE;

-- Which identity somebody is who is known to a provider. A provider is named as a login is, in its canonical form.
CREATE TABLE identity_login (
  identity_pool_id TEXT    NOT NULL,
  provider         TEXT    NOT NULL,
  subject          TEXT    NOT NULL, -- the provider's name for them
  identity_id      TEXT    NOT NULL,
  developer        BOOLEAN NOT NULL, -- whether the provider is the pool's own developer provider
  linked           BIGINT  NOT NULL, -- when
  PRIMARY KEY (identity_pool_id, provider, subject)
);

-- One login of each public provider.
CREATE UNIQUE INDEX identity_login_public ON identity_login (identity_pool_id, identity_id, provider) WHERE developer = FALSE;
CREATE INDEX identity_login_by_identity ON identity_login (identity_pool_id, identity_id, provider, subject);

-- Roles, users and groups of IAM. Names are unique without regard to case.
CREATE TABLE principal (
  kind     TEXT   NOT NULL, -- 'role', 'user' or 'group'
  name_key TEXT   NOT NULL, -- the name in lower case
  id       TEXT   NOT NULL, -- begins with AROA, AIDA or AGPA, and is never used again
  version  BIGINT NOT NULL,
  name     TEXT   NOT NULL,
  path     TEXT   NOT NULL, -- begins and ends with a slash
  doc      TEXT   NOT NULL,
  created  BIGINT NOT NULL,
  PRIMARY KEY (kind, name_key)
);

CREATE UNIQUE INDEX principal_by_id ON principal (id);

-- Which users are in which groups of IAM.
CREATE TABLE principal_member (
  group_id TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);

CREATE INDEX principal_member_by_user ON principal_member (user_id, group_id);

-- Policies that belong to one role, user or group.
CREATE TABLE inline_policy (
  principal_id TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  document     TEXT   NOT NULL,
  PRIMARY KEY (principal_id, name)
);

-- Which managed policies roles, users and groups have, as a policy or as their permissions boundary.
CREATE TABLE attached_policy (
  principal_id TEXT    NOT NULL,
  boundary     BOOLEAN NOT NULL,
  policy_arn   TEXT    NOT NULL,
  PRIMARY KEY (principal_id, boundary, policy_arn)
);

CREATE INDEX attached_policy_by_policy ON attached_policy (policy_arn, boundary, principal_id);

-- Managed policies of the account. Names are unique without regard to case.
CREATE TABLE managed_policy (
  name_key       TEXT   NOT NULL, -- the name in lower case
  id             TEXT   NOT NULL, -- begins with ANPA
  arn            TEXT   NOT NULL,
  version        BIGINT NOT NULL, -- of this row
  name           TEXT   NOT NULL,
  path           TEXT   NOT NULL, -- begins and ends with a slash
  default_number BIGINT NOT NULL, -- of the version in force
  last_number    BIGINT NOT NULL, -- of the newest version that there ever was
  doc            TEXT   NOT NULL,
  created        BIGINT NOT NULL,
  updated        BIGINT NOT NULL,
  PRIMARY KEY (name_key)
);

CREATE UNIQUE INDEX managed_policy_by_arn ON managed_policy (arn);

CREATE TABLE managed_policy_version (
  policy_id TEXT   NOT NULL,
  number    BIGINT NOT NULL,
  document  TEXT   NOT NULL,
  created   BIGINT NOT NULL,
  PRIMARY KEY (policy_id, number)
);

-- Identity providers that the trust policies of roles may name: OIDC and SAML.
CREATE TABLE trust_provider (
  arn     TEXT   NOT NULL,
  kind    TEXT   NOT NULL, -- 'oidc' or 'saml'
  version BIGINT NOT NULL,
  doc     TEXT   NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (arn)
);

-- Whose a key is: the id of a user of IAM, or '' for a root key. When it was last used, for what.
ALTER TABLE access_key ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN last_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE access_key ADD COLUMN last_service TEXT NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN last_region TEXT NOT NULL DEFAULT '';

CREATE INDEX access_key_by_owner ON access_key (owner, created, id);
